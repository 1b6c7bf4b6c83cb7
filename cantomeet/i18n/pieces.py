"""Short pieces that other texts are put together from."""

from __future__ import annotations

PIECES: dict[str, tuple[str, str]] = {
    "piece.bracketed": ("（{text}）", " ({text})"),
    "piece.comma": ("、", ", "),
    "piece.seconds": ("{number} 秒", "{number} s"),
    "piece.unclear": ("聽不清", "(unclear)"),
    "piece.written_label": (
        "書面語版本：由語言模型{by}逐句改寫，並非會上原話；請以逐字稿及錄音為準。",
        "Written-Chinese view: rewritten line by line by a language model{by}. These are not the words that were "
        "spoken; the transcript and the recording are.",
    ),
}
