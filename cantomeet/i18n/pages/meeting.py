"""A meeting's page around its transcript and summary."""

from __future__ import annotations

MEETING: dict[str, tuple[str, str]] = {
    "meeting.back": ("會議", "Meetings"),
    "meeting.edit_title": ("標題", "Title"),
    "meeting.edit_date": ("會議日期", "Date of the meeting"),
    "meeting.edit": ("修改標題和日期", "Change title and date"),
    "meeting.save": ("儲存", "Save"),
    "meeting.dont_save": ("不改", "Leave it"),
    "meeting.edited_elsewhere": (
        "有人先改了標題或日期，這裡已換成最新的。請再改一次。",
        "Somebody changed the title or date first; the newest is shown. Please make your change again.",
    ),
    "meeting.export": ("匯出", "Export"),
    "meeting.more": ("更多", "More"),
    "meeting.export.docx": ("Word 文件", "Word document"),
    "meeting.export.md": ("Markdown", "Markdown"),
    "meeting.export.txt": ("純文字", "Plain text"),
    "meeting.export.srt": ("SRT 字幕", "SRT subtitles"),
    "meeting.export.vtt": ("WebVTT 字幕", "WebVTT subtitles"),
    "meeting.export.json": ("JSON", "JSON"),
    "meeting.export.audio": ("錄音", "Recording"),
    "meeting.delete": ("刪除", "Delete"),
    "meeting.delete.ask": (
        "刪除這個會議？錄音、逐字稿和摘要都會消失，不能復原。",
        "Delete this meeting? Recording, transcript and summary go, and cannot be brought back.",
    ),
    "meeting.delete.ask_sent": (
        "刪除這個會議？錄音會消失，不能復原；已送去付費轉錄的結果也會作廢。",
        "Delete this meeting? The recording goes, and cannot be brought back; its transcription, which is under way at "
        "a cost, is thrown away.",
    ),
    "meeting.delete.keep": ("保留", "Keep it"),
    "meeting.retry": ("重試", "Retry"),
    "meeting.cancel": ("停止處理", "Stop"),
    "meeting.cancel.ask": (
        "錄音已送去付費轉錄。現在停止，這次轉錄就會作廢；之後重試要重新轉錄，並再收費。",
        "The recording has been sent and is being transcribed at a cost. Stopping now throws that transcription away; "
        "a retry transcribes again and costs again.",
    ),
    "meeting.cancel.keep": ("繼續轉錄", "Let it go on"),
    "meeting.summarize_again": ("重新摘要", "Summarize again"),
    "meeting.transcribe_again": ("重新轉錄", "Transcribe again"),
    "meeting.transcribe.lose": (
        "重新轉錄完成後，改正過的句子和講者名字會被新的逐字稿取代。",
        "Once it is transcribed again, corrected lines and speakers' names are replaced by the new transcript.",
    ),
    "meeting.transcribe.ask": (
        "重新轉錄會再收費一次，完成前仍會顯示現有逐字稿。",
        "Transcribing again costs money again. The present transcript stays until the new one is ready.",
    ),
    "meeting.transcribe.pay": ("付費重新轉錄", "Pay and transcribe again"),
    "meeting.ask.no": ("不用了", "No"),
    "meeting.trying_again": (
        "剛才一步未成功，{when} 會自動再試。",
        "The last step did not succeed; it is tried again at {when}.",
    ),
    "meeting.banner.UPLOADED": ("錄音已收到，等候處理", "The recording is in and waits its turn"),
    "meeting.banner.TRANSCRIBING": ("轉錄中", "Transcribing"),
    "meeting.banner.SUMMARIZING": ("逐字稿完成，正在寫摘要", "The transcript is ready; the summary is being written"),
    "meeting.banner.names": ("逐字稿完成，請先填上講者是誰", "The transcript is ready: say who the speakers are"),
    "meeting.banner.names.text": (
        "填好名字才寫摘要；摘要會用這些名字。",
        "The summary is written once you have; it uses these names.",
    ),
    "meeting.banner.FAILED": ("處理失敗", "Processing failed"),
    "meeting.banner.stopped": ("已停止處理", "Processing was stopped"),
    "meeting.tabs": ("摘要或逐字稿", "Summary or transcript"),
}
