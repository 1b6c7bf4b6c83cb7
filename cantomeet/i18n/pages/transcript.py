"""A meeting's transcript: lines, speakers, written Chinese, player."""

from __future__ import annotations

TRANSCRIPT: dict[str, tuple[str, str]] = {
    "transcript.title": ("逐字稿", "Transcript"),
    "transcript.waiting": ("逐字稿會邊轉錄邊出現。", "Lines appear here as they are recognised."),
    "transcript.silent": ("錄音內沒有聽到說話。", "No speech was heard in the recording."),
    "transcript.failed": ("未有逐字稿。", "There is no transcript."),
    "transcript.unsure": ("識別器對這句不太肯定，請聽一聽", "The recogniser is unsure of this line: have a listen"),
    "transcript.edit": ("修改這一句", "Correct this line"),
    "transcript.original": ("識別器寫的：", "The recogniser wrote: "),
    "transcript.who": ("講者", "Speaker"),
    "transcript.nobody": ("未知講者", "Nobody known"),
    "transcript.changed_first": (
        "有人先改了這一句，現在是「{text}」。再按儲存會用你的版本。",
        "Somebody changed this line first; it now says “{text}”. Save again to keep yours.",
    ),
    "transcript.speaker": ("講者 {label}", "Speaker {label}"),
    "speakers.one": ("{count} 人", "{count} speaker"),
    "speakers.many": ("{count} 人", "{count} speakers"),
    "speakers.save_and_go_on": ("儲存名字，開始摘要", "Save the names and summarize"),
    "speakers.go_on": ("不填了，直接摘要", "Summarize without names"),
    "speakers.name": ("講者名字", "Names of the speakers"),
    "speakers.hint": (
        "聽幾句，再填上是誰。改名後，引用他們說話的摘要項目會標明要再看。",
        "Listen to a few lines and say who it is. Items that rest on their words are then marked to be looked at.",
    ),
    "speakers.changed_first": (
        "有人先改了其中一個名字，這裡已換成最新的。請再看一次。",
        "Somebody changed one of the names first; the newest are shown. Please look again.",
    ),
    "written.views": ("逐字稿的寫法", "How the transcript is written"),
    "written.spoken": ("口語", "As spoken"),
    "written.written": ("書面語", "Written"),
    "written.none": (
        "書面語由語言模型逐句改寫，會送出文字並可能收費；原話和錄音不變。",
        "A language model rewrites it line by line: the text is sent to it, which may cost. What was spoken stays.",
    ),
    "written.ask": ("改寫成書面語", "Rewrite in written Chinese"),
    "written.ask_again": ("改寫餘下的句子", "Rewrite the remaining lines"),
    "written.working": ("正在改寫", "Rewriting"),
    "written.outdated.one": ("有 {count} 句改寫後又改過。", "{count} line was corrected since it was rewritten."),
    "written.outdated.many": ("有 {count} 句改寫後又改過。", "{count} lines were corrected since they were rewritten."),
    "written.as_spoken": ("原話", "as spoken"),
    "written.line_outdated": ("原話已改", "corrected since"),
    "player.label": ("播放器", "Player"),
    "player.play": ("播放", "Play"),
    "player.pause": ("暫停", "Pause"),
    "player.seek": ("播放位置", "Position"),
    "player.speed": ("播放速度", "Speed"),
    "player.follow": ("跟隨", "Follow"),
    "player.failed": ("播放不到這段錄音。", "This recording cannot be played."),
    "player.removed": (
        "錄音已按保留設定移除，逐字稿仍在。",
        "The recording was removed by the retention setting; the transcript stays.",
    ),
}
