"""Warnings about a recording, a transcript or a summary."""

from __future__ import annotations

WARNINGS: dict[str, tuple[str, str]] = {
    "warning.ends_early": (
        "錄音比檔案標示的短，可能在傳送或錄音時中斷；以下是實際錄到的部分。",
        "The recording is shorter than its header says; it may have been cut off. What was recorded is below.",
    ),
    "warning.ends_early.details": (
        "錄音到 {at} 為止，比檔案標示的短 {seconds} 秒，可能在傳送或錄音時中斷；以下是實際錄到的部分。",
        "The recording ends at {at}, {seconds} s before its file says; it may have been cut off. What was recorded is below.",
    ),
    "warning.sound_missing": (
        "錄音有部分讀不到，該處以靜音代替或略過；其餘都已轉錄。",
        "Part of the recording could not be read and is silent or left out here; all the rest was transcribed.",
    ),
    "warning.sound_missing.details": (
        "錄音有 {seconds} 秒讀不到：{places}。該處以靜音代替或略過；其餘都已轉錄。",
        "{seconds} s of the recording could not be read: {places}. It is silent or left out here; all the rest was transcribed.",
    ),
    "warning.tracks_unread": (
        "有音軌的格式無法讀取；其餘音軌已轉錄。",
        "A sound track is in a form that cannot be read here; the others were transcribed.",
    ),
    "warning.tracks_unread.details": (
        "有 {count} 條音軌的格式無法讀取；其餘音軌已轉錄。",
        "{count} sound track(s) in a form that cannot be read here; the others were transcribed.",
    ),
    "warning.part_unread": (
        "檔案的一部分無法讀取，不在逐字稿內。請檢查原檔能否完整播放。",
        "A part of the file could not be read and is not in the transcript. Check whether the original plays to its end.",
    ),
    "warning.part_unread.details": (
        "檔案有 {kilobytes} KB 無法讀取，不在逐字稿內。請檢查原檔能否完整播放。",
        "{kilobytes} KB of the file could not be read and are not in the transcript. Check whether the original plays to its end.",
    ),
    "warning.no_speech": ("錄音內沒有聽到說話。", "No speech was heard in the recording."),
    "warning.no_speakers": ("這個識別器不會分辨講者。", "This recogniser does not tell speakers apart."),
    "warning.rough_recogniser": (
        "本機的 Whisper base 是小型模型：人名、日期和數字未必準確，請對照錄音。設定 SPEECHMATICS_API_KEY 或 CANTOMEET_WHISPER_MODEL 可得更好結果。",
        "Whisper base on this machine is a small model: names, dates and figures are unreliable, so check them by ear. Set SPEECHMATICS_API_KEY or CANTOMEET_WHISPER_MODEL for a better one.",
    ),
    "warning.template_gone": (
        "所選的摘要範本已被刪除，改用「一般會議」範本。",
        "The template that was chosen no longer exists, so the general one was used.",
    ),
    "warning.template_needs_llm": (
        "沒有語言模型時，自訂範本的指示和自訂標題不會生效，摘要只按已知類別摘錄原句。",
        "Without a language model the instructions and headings of your own template are not heeded; this summary only has extracts of the kinds that it names.",
    ),
    "warning.not_translated": (
        "摘要是逐字摘錄，保留會上所用的語言，沒有翻譯成所選語言。",
        "This summary is extracted word for word, in the language that was spoken; it is not translated into the language that was chosen.",
    ),
    "warning.prompt_was_cut": (
        "語言模型的服務會不作聲截短長的內容，所以改用較小的段落；涵蓋數字只計它讀得到的句子。調高服務的上下文長度（例如 Ollama 的 num_ctx）會更好。",
        "The language model's service cuts long prompts without saying so, so smaller parts were sent, and only lines that it can have read count as covered. A longer context there (num_ctx in Ollama) would do better.",
    ),
    "warning.summary_fell_back": (
        "語言模型的回覆未能通過核對，改用逐字摘錄。",
        "The language model's answer did not hold up, so this summary is extracted word for word.",
    ),
    "warning.place": ("{at} 起 {seconds} 秒", "{at} ({seconds} s)"),
}
