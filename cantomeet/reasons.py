"""What a person is told for each error code and warning: what happened, what is safe, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from typing import Any

from cantomeet.errors import ErrorCode as E
from cantomeet.media.sniffing import found_text

ZH = "zh-Hant-HK"
EN = "en"

_SAFE_ZH, _SAFE_EN = "錄音已保存。", "The recording is safe. "
_REMOVED_ZH = "錄音已按保留期限刪除，逐字稿仍在。"
_REMOVED_EN = "The recording was deleted when its time was over; the transcript is safe. "

REASONS: dict[E, tuple[str, str]] = {
    E.NOT_FOUND: ("找不到這個會議。", "There is no such meeting."),
    E.NOT_ALLOWED: ("你沒有權限這樣做。", "You may not do this."),
    E.FORBIDDEN_ORIGIN: ("請求來自其他網站，已拒絕。", "The request came from another site and was refused."),
    E.INVALID_REQUEST: ("請求有誤：{field}。", "The request is wrong: {field}."),
    E.CONFLICT: ("會議現時的狀態不容許這樣做。", "The meeting's present status does not allow this."),
    E.VERSION_CONFLICT: (
        "有人先改了這個會議，請重新載入再改。",
        "Somebody changed this meeting first. Reload it, then make your change again.",
    ),
    E.COST_NOT_CONFIRMED: (
        "重新轉錄會再收費，請先確認。",
        "Transcribing again costs money again. Confirm it first.",
    ),
    E.WRONG_HOST: (
        "這個位址不是本機，已拒絕。請用 http://localhost 開啟。",
        "This address is not this machine's, so it was refused. Open http://localhost instead.",
    ),
    E.UNKNOWN_ROUTE: ("沒有這個網址。", "There is nothing at this address."),
    E.METHOD_NOT_ALLOWED: ("這個網址不接受這種請求。", "This address does not take this kind of request."),
    E.WRITTEN_UNAVAILABLE: (
        "書面語版本要由語言模型改寫，這裏沒有設定。請設定 {setting}，然後再試。",
        "The written-Chinese view is made by a language model, and none is set up here. Set {setting}, then try again.",
    ),
    E.VERSION_MISSING: (
        "請在 If-Match 註明你改的是哪個版本（GET 回覆的 ETag）。",
        "Say in If-Match which version you are changing (the ETag that GET answered).",
    ),
    E.REQUEST_FAILED: (
        "程式出錯，請求未能完成（編號 {reference}）。請再試；再發生請把編號告訴管理員。",
        "The program failed and the request was not done ({reference}). Try again; if it happens again, "
        "tell the operator the number.",
    ),
    E.RECORDING_REMOVED: (
        "錄音已按保留期限刪除，逐字稿和摘要仍在。",
        "The recording was deleted when its time was over; transcript and summary are still here.",
    ),
    E.NO_WORKER: (
        "沒有工作程式在運行，無法進行。用 scripts/start_worker.sh 啟動後再試。",
        "No worker is running to do this. Start one with scripts/start_worker.sh, then try again.",
    ),
    E.QUEUE_AWAY: (
        "連接不到 Redis，暫時無法進行。會議仍然安全。",
        "Redis does not answer, so this cannot be done now. The meetings are safe.",
    ),
    E.NOT_SET_UP: (
        "工作程式運行的地方沒有設定 {setting}。請設定後再試。",
        "{setting} is not set where the worker runs. Set it, then try again.",
    ),
    E.WRONG_SETTING: (
        "工作程式運行的地方，{setting} 的設定有誤：{rule}。請修正後再試。",
        "{setting} is wrong where the worker runs: {rule}. Mend it, then try again.",
    ),
    E.EMPTY_UPLOAD: ("檔案是空的，沒有保存。", "The file is empty; nothing was stored."),
    E.TOO_LARGE: (
        "檔案超過 {limit_mb} MB 上限，沒有保存。",
        "The file is over the limit of {limit_mb} MB; nothing was stored.",
    ),
    E.NOT_A_RECORDING: (
        "這不是可以轉錄的錄音（檢測結果：{found}），沒有保存。請上載錄音或影片，例如 mp3、m4a、wav、ogg、webm、flac、aac、amr、aiff、wma、mp4 或 mov。",
        "This is not a recording that can be transcribed (found: {found}); nothing was stored. "
        "Upload a recording or a video, such as mp3, m4a, wav, ogg, webm, flac, aac, amr, aiff, wma, mp4 or mov.",
    ),
    E.STORAGE_FULL: (
        "磁碟空間不足，沒有保存。請騰出空間再上載。",
        "The disk is full; nothing was stored. Make room and upload again.",
    ),
    E.UPLOAD_BUSY: (
        "另一個視窗正在上載這個檔案，請等它完成。",
        "Another window is uploading this file. Wait until it has finished.",
    ),
    E.KEY_REUSED: (
        "這個 Idempotency-Key 已用於另一次上載，錄音或資料與這次不同，所以這次沒有保存；之前的會議不受影響。"
        "請換一個新的 Idempotency-Key 再上載。",
        "This Idempotency-Key was used for an earlier upload of another recording or other details, so nothing of this "
        "one was stored; the earlier meeting is unharmed. Upload again under a new Idempotency-Key.",
    ),
    E.CANCELLED: (
        _SAFE_ZH + "你已取消處理；按重試可以繼續。",
        _SAFE_EN + "You cancelled the work; Retry goes on.",
    ),
    E.RECORDING_UNREADABLE: (
        _SAFE_ZH + "但內容無法解碼（{found}）。請檢查原檔能否播放，再重新上載。",
        _SAFE_EN + "Its sound cannot be decoded ({found}). Check that the original plays, then upload it again.",
    ),
    E.RECORDING_TOO_LONG: (
        _SAFE_ZH
        + "但超過 {hours} 小時的上限（間斷處補上的靜音也計算在內），沒有轉錄。請分段上載；或請管理員調高 CANTOMEET_MAX_HOURS（最多 37），重新啟動後按重試。",
        _SAFE_EN
        + "It is longer than the limit of {hours} hours (silence that fills its gaps counts too), so it was not transcribed. Upload it in parts; or have the operator raise CANTOMEET_MAX_HOURS (at most 37) and restart, then press Retry.",
    ),
    E.RECORDING_MISSING: (
        "找不到錄音檔案。請檢查資料夾 CANTOMEET_DATA_DIR，放回檔案後按重試。",
        "The recording's file is missing. Check the folder CANTOMEET_DATA_DIR, put it back, then press Retry.",
    ),
    E.RECOGNISER_UNAVAILABLE: (
        _SAFE_ZH + "本機識別模型無法載入。請檢查 {setting}，然後按重試。",
        _SAFE_EN + "The local recogniser's model cannot be loaded. Check {setting}, then press Retry.",
    ),
    E.PROVIDER_KEY_REFUSED: (
        _SAFE_ZH + "{provider} 不接受這條金鑰：請檢查 {setting}，然後按重試。",
        _SAFE_EN + "{provider} does not accept the key: check {setting}, then press Retry.",
    ),
    E.PROVIDER_FORBIDDEN: (
        _SAFE_ZH + "{provider} 拒絕提供服務（金鑰過期或帳戶未包括此功能）：請檢查 {setting} 及帳戶，然後按重試。",
        _SAFE_EN + "{provider} refused: the key has expired or the account lacks the feature. "
        "Check {setting} and the account, then press Retry.",
    ),
    E.PROVIDER_REJECTED: (
        _SAFE_ZH + "{provider} 不接受這個請求：{message}",
        _SAFE_EN + "{provider} rejected it: {message}",
    ),
    E.PROVIDER_JOB_GONE: (
        _SAFE_ZH + "{provider} 已沒有這項工作（過期或已刪除）。可以重新轉錄，但會再收費。",
        _SAFE_EN + "{provider} no longer has this job (expired or deleted). It can be transcribed again, at a cost.",
    ),
    E.PROVIDER_UNREACHABLE: (
        _SAFE_ZH + "多次嘗試後仍連接不到 {provider}{cause}。請檢查網絡及 {setting}，然後按重試。",
        _SAFE_EN
        + "{provider} could not be reached after several tries{cause}. Check the network and {setting}, then press Retry.",
    ),
    E.PROVIDER_CERTIFICATE: (
        _SAFE_ZH
        + "{provider} 的憑證不可信（{message}），所以沒有傳送任何內容。請檢查 {setting} 和這部電腦的時鐘；如憑證由你的機構簽發，請用 SSL_CERT_FILE 指明它的 CA 檔案，然後按重試。",
        _SAFE_EN
        + "The certificate of {provider} is not trusted ({message}), so nothing was sent. Check {setting} and this machine's clock; if your organisation issued the certificate, name its CA file in SSL_CERT_FILE, then press Retry.",
    ),
    E.PROVIDER_BUSY: (
        _SAFE_ZH + "{provider} 太忙，多次嘗試後仍未能處理。請稍後按重試。",
        _SAFE_EN + "{provider} is too busy and gave no answer after several tries. Press Retry later.",
    ),
    E.PROVIDER_BAD_ANSWER: (
        _SAFE_ZH + "{provider} 的回覆無法理解。請按重試；再發生請更新程式。",
        _SAFE_EN + "{provider}'s answer could not be understood. Press Retry; if it happens again, update the program.",
    ),
    E.MODEL_UNKNOWN: (
        _SAFE_ZH + "{provider} 沒有這個模型：請檢查 {setting}，然後按重試。",
        _SAFE_EN + "{provider} does not know the model: check {setting}, then press Retry.",
    ),
    E.MODEL_OUT_OF_TOKENS: (
        _SAFE_ZH
        + "模型把回覆的上限（{tokens} 個 token）全用在思考，未寫出摘要；同樣的請求不會再付費重試。請調高 {setting}，或選用不作思考的模型，然後按重試。",
        _SAFE_EN
        + "The model spent its whole answer ({tokens} tokens) on thinking and wrote no summary; the same request is not paid for again. Raise {setting} or choose a model that does not think, then press Retry.",
    ),
    E.BUDGET_EXCEEDED: (
        _SAFE_ZH + "摘要預計超出預算，已停止；之前的請求可能已有花費。請調整 {setting}，然後按重試。",
        _SAFE_EN
        + "The summary would cost more than the budget, so it was stopped; earlier requests may have cost something. Change {setting}, then press Retry.",
    ),
    E.DATABASE_BUSY: (
        _SAFE_ZH + "資料庫太忙。請稍後按重試。",
        _SAFE_EN + "The database was too busy. Press Retry later.",
    ),
    E.DATABASE_READ_ONLY: (
        "資料庫現時不能寫入，這次沒有保存；已有的會議仍然安全。請檢查資料庫和磁碟空間，之後再試。",
        "The database takes no writes now, so nothing of this was saved; the meetings that are there are safe. "
        "Check the database and the free space on its disk, then try again.",
    ),
    E.DISK_FULL: (
        _SAFE_ZH + "但磁碟已滿，無法繼續處理。請騰出空間，然後按重試。",
        _SAFE_EN + "The disk is full, so the work could not go on. Make room, then press Retry.",
    ),
    E.STEP_TIMED_OUT: (
        _SAFE_ZH + "有一步做得太久，已停止。請按重試。",
        _SAFE_EN + "One step took too long and was stopped. Press Retry.",
    ),
    E.WORKER_DIED: (
        _SAFE_ZH + "處理這一步的程式中斷了 {times} 次，多數是記憶體不足，已停止。請騰出記憶體，然後按重試。",
        _SAFE_EN
        + "The program working on this step was cut off {times} times, most often for lack of memory, so it was stopped. Make room in memory, then press Retry.",
    ),
    E.STUCK: (
        _SAFE_ZH + "太久沒有進展，已停止等候。請按重試。",
        _SAFE_EN + "Nothing has moved for too long, so waiting was given up. Press Retry.",
    ),
    E.INTERNAL: (
        _SAFE_ZH + "程式出錯（{reference}）。請按重試；再發生請把編號告訴管理員。",
        _SAFE_EN + "The program failed ({reference}). Press Retry; if it happens again, tell the operator the number.",
    ),
}

VARIANTS: dict[tuple[E, str], tuple[str, str]] = {
    (E.DATABASE_BUSY, "upload"): (
        "資料庫暫時沒有回應，這次上載未能登記為會議，請不要當作已保存。請保留原檔，稍後再上載。",
        "The database did not answer, so this upload is no meeting that you could count on. "
        "Keep the file and upload it again in a moment.",
    ),
    (E.DATABASE_BUSY, "request"): (
        "資料庫暫時沒有回應，這次的操作未能確認，請不要當作已保存。請稍後再試。",
        "The database did not answer, so do not count on this having been done or saved. Try again in a moment.",
    ),
    (E.DATABASE_READ_ONLY, "upload"): (
        "資料庫現時不能寫入，這次上載沒有保存。請保留原檔，檢查資料庫和磁碟空間，之後再上載。",
        "The database takes no writes now, so nothing of this upload was saved. "
        "Keep the file, check the database and the free space on its disk, then upload it again.",
    ),
    (E.STORAGE_FULL, "unwritable"): (
        "錄音的磁碟現時不能寫入，這次上載沒有保存。請保留原檔，檢查磁碟和資料夾的權限，之後再上載。",
        "The recordings' disk takes no writes now, so nothing of this upload was saved. "
        "Keep the file, check the disk and the folder's permissions, then upload it again.",
    ),
    (E.CANCELLED, "sent"): (
        _SAFE_ZH + "你已停止處理，當時錄音已送去付費轉錄；重試會重新轉錄，並再收費。",
        _SAFE_EN + "You stopped the work after the recording had been sent; Retry transcribes again, at a cost.",
    ),
    (E.PROVIDER_BAD_ANSWER, "page"): (
        _SAFE_ZH
        + "語言模型的位址回覆的是網頁，不是 API 的答案：可能是網絡的登入頁，或位址不對。請先登入網絡，檢查 OPENAI_BASE_URL，然後按重試。",
        _SAFE_EN
        + "The language model's address answered with a web page instead of the API's answer: perhaps the network's sign-in page, or a wrong address. Sign in to the network, check OPENAI_BASE_URL, then press Retry.",
    ),
    (E.PROVIDER_BAD_ANSWER, "empty"): (
        _SAFE_ZH
        + "語言模型收到請求，但回覆內沒有答案，可能是它的內容審查所致。請按重試；再發生請改用另一個模型（OPENAI_MODEL）。",
        _SAFE_EN
        + "The language model took the request, but its answer holds no text; its content filter may be why. Press Retry; if it happens again, choose another model (OPENAI_MODEL).",
    ),
}
"""Texts in place of those of `REASONS` where the parameter holds."""

CAUSES: dict[str, tuple[str, str]] = {
    "name": ("找不到這個主機名稱", "there is no host of that name"),
    "refused": ("那個位址和連接埠沒有程式回應", "nothing listens at that address and port"),
    "no_connection": ("無法建立連線", "no connection could be made"),
    "slow_connection": ("建立連線太久", "connecting took too long"),
    "silent": ("已連線，但太久沒有回應", "it was connected but said nothing for too long"),
    "cut_off": ("連線中途斷了", "the connection was cut off"),
    "proxy": ("代理伺服器拒絕或出錯", "the proxy refused or failed"),
    "tls": (
        "對方不說 TLS，位址或應用 http:// 開頭",
        "the other side does not speak TLS there; perhaps the address begins with http://",
    ),
    "certificate": ("憑證不可信", "its certificate is not trusted"),
    "address": ("位址無效", "the address is not valid"),
    "redirects": ("轉址太多次", "it redirects without end"),
    "encoding": ("內容的壓縮格式有誤", "its compression is broken"),
    "ours": ("程式內部出錯", "an error within this program"),
    "redirect": ("對方把請求轉到另一個位址", "it redirects to another address"),
    "not_found": ("那個位址沒有這個 API", "there is no such API at that address"),
}
"""Why a provider could not be reached, in a few words."""

_ONE_LINE = ("要是一行可見的 ASCII 字元", "it must be one line of visible ASCII characters")
_PRICES = ("兩個價格都要設定，而且不可小於 0", "both prices must be set, 0 or more")

_PROXY = (
    "要是代理伺服器的 http:// 或 https:// 網址（不支援 SOCKS），或者取消設定",
    "it must be a proxy's http:// or https:// address (SOCKS is not supported), or be unset",
)

SETTING_RULES: dict[str, tuple[str, str]] = {
    **{name: _PROXY for word in ("http", "https", "all") for name in (f"{word}_proxy", f"{word}_proxy".upper())},
    "SPEECHMATICS_API_KEY": _ONE_LINE,
    "OPENAI_API_KEY": _ONE_LINE,
    "CANTOMEET_WEBHOOK_SECRET": _ONE_LINE,
    "SPEECHMATICS_BASE_URL": (
        "只要協定和主機，例如 https://eu1.asr.api.speechmatics.com",
        "it must be scheme and host only, e.g. https://eu1.asr.api.speechmatics.com",
    ),
    "OPENAI_BASE_URL": (
        "要是以 /v1 結尾的 http 或 https 位址，不可有用戶名、密碼或查詢",
        "it must be a http or https address that ends in /v1, without a user, a password or a query",
    ),
    "CANTOMEET_PUBLIC_URL": ("要是 http 或 https 位址", "it must be a http or https address"),
    "OPENAI_MODEL": ("要是一行的模型名稱", "it must name a model, on one line"),
    "CANTOMEET_SPEECHMATICS_MODEL": ("要是 standard 或 enhanced", "it must be standard or enhanced"),
    "CANTOMEET_LLM_PRICE_IN": _PRICES,
    "CANTOMEET_LLM_PRICE_OUT": _PRICES,
    "CANTOMEET_LLM_MAX_TOKENS": ("要是 256 至 1000000 的整數", "it must be a whole number from 256 to 1000000"),
    "CANTOMEET_LLM_BUDGET": (
        "要大於 0，並要設定 CANTOMEET_LLM_PRICE_IN 及 CANTOMEET_LLM_PRICE_OUT",
        "it must be above 0, with CANTOMEET_LLM_PRICE_IN and CANTOMEET_LLM_PRICE_OUT set",
    ),
}
"""What a provider wants of a setting. `SettingsError` says it for operators, in English only."""

_ANY_SETTING = ("可用的值見 README 的設定表", "the README's table of settings has what it may be")

WARNINGS: dict[str, tuple[str, str]] = {
    "ends_early": (
        "錄音比檔案標示的短，可能在傳送或錄音時中斷；以下是實際錄到的部分。",
        "The recording is shorter than its header says; it may have been cut off. What was recorded is below.",
    ),
    "sound_missing": (
        "錄音有部分讀不到，該處以靜音代替或略過；其餘都已轉錄。",
        "Part of the recording could not be read and is silent or left out here; all the rest was transcribed.",
    ),
    "tracks_unread": (
        "有音軌的格式無法讀取；其餘音軌已轉錄。",
        "A sound track is in a form that cannot be read here; the others were transcribed.",
    ),
    "part_unread": (
        "檔案的一部分無法讀取，不在逐字稿內。請檢查原檔能否完整播放。",
        "A part of the file could not be read and is not in the transcript. Check whether the original plays to its end.",
    ),
    "no_speech": ("錄音內沒有聽到說話。", "No speech was heard in the recording."),
    "no_speakers": (
        "這個識別器不會分辨講者。",
        "This recogniser does not tell speakers apart.",
    ),
    "rough_recogniser": (
        "本機的 Whisper base 是小型模型：人名、日期和數字未必準確，請對照錄音。設定 SPEECHMATICS_API_KEY 或 CANTOMEET_WHISPER_MODEL 可得更好結果。",
        "Whisper base on this machine is a small model: names, dates and figures are unreliable, so check them by ear. "
        "Set SPEECHMATICS_API_KEY or CANTOMEET_WHISPER_MODEL for a better one.",
    ),
    "template_gone": (
        "所選的摘要範本已被刪除，改用「一般會議」範本。",
        "The template that was chosen no longer exists, so the general one was used.",
    ),
    "template_needs_llm": (
        "沒有語言模型時，自訂範本的指示和自訂標題不會生效，摘要只按已知類別摘錄原句。",
        "Without a language model the instructions and headings of your own template are not heeded; "
        "this summary only has extracts of the kinds that it names.",
    ),
    "not_translated": (
        "摘要是逐字摘錄，保留會上所用的語言，沒有翻譯成所選語言。",
        "This summary is extracted word for word, in the language that was spoken; "
        "it is not translated into the language that was chosen.",
    ),
    "prompt_was_cut": (
        "語言模型的服務會不作聲截短長的內容，所以改用較小的段落；涵蓋數字只計它讀得到的句子。調高服務的上下文長度（例如 Ollama 的 num_ctx）會更好。",
        "The language model's service cuts long prompts without saying so, so smaller parts were sent, and only lines that it can have read count as covered. A longer context there (num_ctx in Ollama) would do better.",
    ),
    "summary_fell_back": (
        "語言模型的回覆未能通過核對，改用逐字摘錄。",
        "The language model's answer did not hold up, so this summary is extracted word for word.",
    ),
}

WARNING_DETAILS: dict[str, tuple[str, str]] = {
    "ends_early": (
        "錄音到 {at} 為止，比檔案標示的短 {seconds} 秒，可能在傳送或錄音時中斷；以下是實際錄到的部分。",
        "The recording ends at {at}, {seconds} s before its file says; it may have been cut off. What was recorded is below.",
    ),
    "sound_missing": (
        "錄音有 {seconds} 秒讀不到：{places}。該處以靜音代替或略過；其餘都已轉錄。",
        "{seconds} s of the recording could not be read: {places}. It is silent or left out here; all the rest was transcribed.",
    ),
    "tracks_unread": (
        "有 {count} 條音軌的格式無法讀取；其餘音軌已轉錄。",
        "{count} sound track(s) in a form that cannot be read here; the others were transcribed.",
    ),
    "part_unread": (
        "檔案有 {kilobytes} KB 無法讀取，不在逐字稿內。請檢查原檔能否完整播放。",
        "{kilobytes} KB of the file could not be read and are not in the transcript. Check whether the original plays to its end.",
    ),
}
"""In place of those of `WARNINGS` where it is known how much is missing, and where."""

_WRITTEN = (
    "書面語版本：由語言模型{by}逐句改寫，並非會上原話；請以逐字稿及錄音為準。",
    "Written-Chinese view: rewritten line by line by a language model{by}. These are not the words that were spoken; "
    "the transcript and the recording are.",
)


def written_label(name: str, language: str) -> str:
    """What the written view is to be labelled with wherever it is shown; `name` of the model, where it is known."""
    if language.startswith("en"):
        return _WRITTEN[1].replace("{by}", f" ({name})" if name else "")
    return _WRITTEN[0].replace("{by}", f"（{name}）" if name else "")


class _Shown(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def _fill(text: str, params: Mapping[str, Any]) -> str:
    return Formatter().vformat(text, (), _Shown(params))


def setting_rule(setting: str, language: str) -> str:
    """What the setting must be, in a few words."""
    zh, en = SETTING_RULES.get(setting, _ANY_SETTING)
    return en if language.startswith("en") else zh


def reason_text(code: str, params: Mapping[str, Any], language: str, *, audio_removed: bool = False) -> str:
    """The text for an error code, in `language` ("en", else Hong Kong Chinese).

    `audio_removed`: of a meeting whose recording is not there any more, so that none says that it is.
    """
    holding = [text for (of, name), text in VARIANTS.items() if of == code and params.get(name)]
    zh, en = holding[0] if holding else REASONS[E(code)]
    if audio_removed:
        zh, en = zh.replace(_SAFE_ZH, _REMOVED_ZH), en.replace(_SAFE_EN, _REMOVED_EN)
    if "found" in params:
        params = {**params, "found": found_text(str(params["found"]), language)}
    if code == E.PROVIDER_UNREACHABLE:
        params = {**params, "cause": cause_text(str(params.get("cause", "")), language)}
    if code == E.WRONG_SETTING:
        params = {**params, "rule": setting_rule(str(params.get("setting", "")), language)}
    return _fill(en if language.startswith("en") else zh, params)


def cause_text(cause: str, language: str) -> str:
    """Of `CAUSES`, in brackets; nothing where no cause is known, as with reasons that were stored by an earlier version."""
    zh, en = CAUSES.get(cause, ("", ""))
    if language.startswith("en"):
        return f" ({en})" if en else ""
    return f"（{zh}）" if zh else ""


def warning_text(code: str, language: str, details: Mapping[str, Any] | None = None) -> str:
    """The text for a warning code; an unknown one, from a newer version, is shown as it is.

    `details`: of `Meeting.warning_details`; None or nothing for a meeting of an earlier version.
    """
    english = language.startswith("en")
    zh, en = (WARNING_DETAILS if details else WARNINGS).get(code, (code, code))
    return _fill(en if english else zh, _shown(details or {}, english))


def _shown(details: Mapping[str, Any], english: bool) -> dict[str, Any]:
    shown = dict(details)
    if "at" in details:
        shown["at"] = _clock(details["at"])
    if "places" in details:
        places = [
            f"{_clock(at)} ({seconds:g} s)" if english else f"{_clock(at)} 起 {seconds:g} 秒"
            for at, seconds in details["places"]
        ]
        shown["places"] = (", " if english else "、").join(places)
    return shown


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
