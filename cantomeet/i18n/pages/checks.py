"""Tests of keys and of the local recogniser."""

from __future__ import annotations

CHECKS: dict[str, tuple[str, str]] = {
    "check.speechmatics": ("Speechmatics 金鑰", "Speechmatics key"),
    "check.llm": ("語言模型金鑰", "Language model key"),
    "check.whisper": ("本機 Whisper 模型", "Whisper on this machine"),
    "check.not_set.speechmatics": ("未設定 SPEECHMATICS_API_KEY", "SPEECHMATICS_API_KEY is not set"),
    "check.not_set.llm": ("未設定 OPENAI_MODEL", "OPENAI_MODEL is not set"),
    "check.not_set.whisper": ("未設定", "not set up"),
    "check.never": ("未測試", "not tested yet"),
    "check.asked": ("測試中…", "testing…"),
    "check.silent": ("{time} 要求測試，沒有工作程式回應", "asked at {time}; no worker has answered"),
    "check.ok": ("{time} 測試正常", "worked at {time}"),
    "check.failed": ("{time} 測試失敗：{why}", "failed at {time}: {why}"),
    "check.why.provider_key_refused": ("金鑰不被接受，請檢查 {setting}", "the key is not accepted, check {setting}"),
    "check.why.provider_forbidden": (
        "金鑰過期或帳戶未包括此功能，請檢查 {setting}",
        "the key has expired or the account lacks the feature, check {setting}",
    ),
    "check.why.provider_unreachable": (
        "連接不到{cause}，請檢查網絡及 {setting}",
        "not reached{cause}, check the network and {setting}",
    ),
    "check.why.provider_certificate": (
        "憑證不可信（{message}），請檢查 {setting} 和時鐘，或用 SSL_CERT_FILE 指明 CA",
        "its certificate is not trusted ({message}): check {setting} and the clock, or name the CA in SSL_CERT_FILE",
    ),
    "check.why.provider_busy": ("對方太忙，請稍後再測試", "too busy just now, test again later"),
    "check.why.provider_bad_answer": ("回覆無法理解，請檢查 {setting}", "its answer makes no sense, check {setting}"),
    "check.why.provider_rejected": ("對方不接受：{message}", "refused: {message}"),
    "check.why.model_unknown": ("沒有這個模型，請檢查 {setting}", "it does not know the model, check {setting}"),
    "check.why.recogniser_unavailable": (
        "模型無法載入，請檢查 {setting}",
        "the model cannot be loaded, check {setting}",
    ),
    "check.why.step_timed_out": ("太久沒有回應", "no answer for too long"),
    "check.why.not_set_up": ("工作程式運行的地方沒有設定 {setting}", "{setting} is not set where the worker runs"),
    "check.why.wrong_setting": ("{setting} 設定有誤：{rule}", "{setting} is wrong: {rule}"),
    "check.why.internal": ("程式出錯，詳情在工作程式的記錄", "the program failed; the worker's log says how"),
}
