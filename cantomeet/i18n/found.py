"""What a refused file was found to be."""

from __future__ import annotations

FOUND: dict[str, tuple[str, str]] = {
    "found.empty": ("空檔案", "an empty file"),
    "found.unknown": ("無法辨認的資料", "data of an unknown kind"),
    "found.no_sound": ("沒有聲音的影片", "a video without sound"),
    "found.undecodable": ("無法解碼的聲音", "sound that cannot be decoded"),
    "found.incomplete": ("不完整的檔案，開頭或索引已失", "a file that was cut off before its index"),
    "found.too_long": ("超過 37 小時的錄音", "a recording of more than 37 hours"),
    "found.too_costly": (
        "讀取所需的記憶體或時間，遠超這個大小的錄音所需",
        "a file that takes far more memory or time to read than a recording of its size should",
    ),
    "found.crashing": ("令解碼程式出錯的檔案", "a file that makes the decoder crash"),
    "found.cut_off": (
        "讀取兩次都被系統中斷，多數是記憶體不足；請稍後再上載",
        "reading it was cut off by the system twice, most often for lack of memory; upload it again later",
    ),
    "found.text": ("文字檔", "a text file"),
    "found.playlist": ("播放清單，不含聲音", "a playlist, which holds no sound itself"),
    "found.html": ("網頁", "a web page"),
    "found.image": ("圖片", "an image"),
    "found.pdf": ("PDF 文件", "a PDF document"),
    "found.archive": ("壓縮檔或 Office 文件", "an archive or an Office document"),
    "found.program": ("程式檔", "a program"),
    "found.database": ("資料庫", "a database"),
    "found.midi": ("MIDI 樂譜", "a MIDI score"),
    "found.dss": (
        "DSS 錄音筆檔案，請先用錄音筆的軟件轉成 WAV 或 MP3",
        "a DSS file of a dictation recorder; export it as WAV or MP3 with the recorder's own software",
    ),
    "found.ds2": (
        "DS2 錄音筆檔案，請先用錄音筆的軟件轉成 WAV 或 MP3",
        "a DS2 file of a dictation recorder; export it as WAV or MP3 with the recorder's own software",
    ),
    "found.msv": (
        "Sony 錄音筆的 MSV 或 DVF 檔案，請先用 Sony 的軟件轉成 WAV 或 MP3",
        "an MSV or DVF file of a Sony recorder; export it as WAV or MP3 with Sony's own software",
    ),
    "found.silk": (
        "SILK 語音訊息（微信、QQ），請先轉成 MP3 或 WAV",
        "a SILK voice message (WeChat, QQ); convert it to MP3 or WAV first",
    ),
    "found.evrc": (
        "EVRC 或 SMV 手機錄音，請先轉成 MP3 或 WAV",
        "an EVRC or SMV recording of a telephone; convert it to MP3 or WAV first",
    ),
    "found.audible": ("有版權鎖的 Audible 有聲書", "an Audible book, which is locked to its buyer"),
    "found.realmedia": ("RealMedia 檔案", "a RealMedia file"),
}
