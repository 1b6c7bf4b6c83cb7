"""What a setting must be, in a few words."""

from __future__ import annotations

_ONE_LINE = ("要是一行可見的 ASCII 字元", "it must be one line of visible ASCII characters")
_PRICES = ("兩個價格都要設定，而且不可小於 0", "both prices must be set, 0 or more")

# `SettingsError` tells operators the same in a log, in English only.
SETTINGS: dict[str, tuple[str, str]] = {
    "setting.proxy": (
        "要是代理伺服器的 http:// 或 https:// 網址（不支援 SOCKS），或者取消設定",
        "it must be a proxy's http:// or https:// address (SOCKS is not supported), or be unset",
    ),
    "setting.SPEECHMATICS_API_KEY": _ONE_LINE,
    "setting.OPENAI_API_KEY": _ONE_LINE,
    "setting.CANTOMEET_WEBHOOK_SECRET": _ONE_LINE,
    "setting.SPEECHMATICS_BASE_URL": (
        "只要協定和主機，例如 https://eu1.asr.api.speechmatics.com",
        "it must be scheme and host only, e.g. https://eu1.asr.api.speechmatics.com",
    ),
    "setting.OPENAI_BASE_URL": (
        "要是以 /v1 結尾的 http 或 https 位址，不可有用戶名、密碼或查詢",
        "it must be a http or https address that ends in /v1, without a user, a password or a query",
    ),
    "setting.CANTOMEET_PUBLIC_URL": ("要是 http 或 https 位址", "it must be a http or https address"),
    "setting.OPENAI_MODEL": ("要是一行的模型名稱", "it must name a model, on one line"),
    "setting.CANTOMEET_SPEECHMATICS_MODEL": ("要是 standard 或 enhanced", "it must be standard or enhanced"),
    "setting.CANTOMEET_LLM_PRICE_IN": _PRICES,
    "setting.CANTOMEET_LLM_PRICE_OUT": _PRICES,
    "setting.CANTOMEET_LLM_MAX_TOKENS": (
        "要是 256 至 1000000 的整數",
        "it must be a whole number from 256 to 1000000",
    ),
    "setting.CANTOMEET_LLM_BUDGET": (
        "要大於 0，並要設定 CANTOMEET_LLM_PRICE_IN 及 CANTOMEET_LLM_PRICE_OUT",
        "it must be above 0, with CANTOMEET_LLM_PRICE_IN and CANTOMEET_LLM_PRICE_OUT set",
    ),
    "setting.any": ("可用的值見 docs/settings.md", "docs/settings.md says what it may be"),
}
