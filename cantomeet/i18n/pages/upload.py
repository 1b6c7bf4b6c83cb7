"""The upload page."""

from __future__ import annotations

UPLOAD: dict[str, tuple[str, str]] = {
    "upload.title": ("上載錄音", "Upload a recording"),
    "upload.drop": ("把錄音拖到這裡", "Drop a recording here"),
    "upload.choose": ("選擇檔案", "Choose a file"),
    "upload.limits": ("{formats}，每個最大 {size}", "{formats}, at most {size} each"),
    "upload.details": ("標題、日期、摘要、優先", "Title, date, summary, priority"),
    "upload.meeting_title": ("標題", "Title"),
    "upload.meeting_title.hint": ("不填就用檔案名稱", "The file name, if left empty"),
    "upload.date": ("會議日期", "Date of the meeting"),
    "upload.priority": ("優先處理", "Process first"),
    "upload.priority.hint": ("排在其他錄音之前", "Ahead of other recordings"),
    "upload.names_first.hint": (
        "轉錄後停下來，等你填好名字；分不出講者的識別器不會停",
        "Waits after the transcript until you have; not with a recogniser that tells no speakers apart",
    ),
    "upload.recent": ("剛剛上載", "Just uploaded"),
    "upload.pause": ("暫停", "Pause"),
    "upload.resume": ("繼續", "Resume"),
    "upload.cancel": ("取消", "Cancel"),
    "upload.retry": ("重試", "Retry"),
    "upload.remove": ("移除", "Remove"),
    "upload.paused": ("已暫停", "Paused"),
    "upload.queued": ("等候上載", "Queued"),
    "upload.left": ("還有", "left:"),
    "upload.checking": ("檢查錄音", "Checking the recording"),
    "upload.waiting": ("連線斷了，恢復後會自動繼續", "Connection lost; it goes on by itself when it is back"),
    "upload.failed": ("上載失敗", "The upload failed"),
    "upload.too_large": ("檔案太大", "The file is too large"),
    "upload.wrong_kind": ("不是錄音或影片", "Not a recording or video"),
    "upload.empty": ("檔案是空的", "The file is empty"),
    "upload.no_room": ("伺服器磁碟空間不足", "The server's disk is full"),
    "upload.locked": ("另一個分頁正在上載這個檔案", "Another tab is uploading this file"),
    "way.whisper": (
        "聲音留在這部機，由 {model} 轉錄。",
        "The sound stays on this machine; {model} transcribes it.",
    ),
    "way.speechmatics": (
        "聲音會送到 Speechmatics（{host}）轉錄。",
        "The sound is sent to Speechmatics ({host}) to be transcribed.",
    ),
    "way.extractive": ("摘要在這部機逐字摘錄。", "The summary is extracted word for word on this machine."),
    "way.llm": ("文字會送到 {host}（{model}）寫摘要。", "The text is sent to {host} ({model}) for the summary."),
    "way.base": (
        "Whisper base 是小型模型：不分講者，人名、日期、數字不可靠，請對照錄音。想準確些：設定 "
        "SPEECHMATICS_API_KEY，或用 CANTOMEET_WHISPER_MODEL 換較大的模型。",
        "Whisper base is a small model: it does not tell speakers apart, and its names, dates and figures are "
        "unreliable, so check them by ear. For better: set SPEECHMATICS_API_KEY, or a larger model in "
        "CANTOMEET_WHISPER_MODEL.",
    ),
}
