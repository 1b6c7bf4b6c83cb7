"""Why a provider could not be reached, in a few words."""

from __future__ import annotations

UNREACHABLE: dict[str, tuple[str, str]] = {
    "unreachable.name": ("找不到這個主機名稱", "there is no host of that name"),
    "unreachable.refused": ("那個位址和連接埠沒有程式回應", "nothing listens at that address and port"),
    "unreachable.no_connection": ("無法建立連線", "no connection could be made"),
    "unreachable.slow_connection": ("建立連線太久", "connecting took too long"),
    "unreachable.silent": ("已連線，但太久沒有回應", "it was connected but said nothing for too long"),
    "unreachable.cut_off": ("連線中途斷了", "the connection was cut off"),
    "unreachable.proxy": ("代理伺服器拒絕或出錯", "the proxy refused or failed"),
    "unreachable.tls": (
        "對方不說 TLS，位址或應用 http:// 開頭",
        "the other side does not speak TLS there; perhaps the address begins with http://",
    ),
    "unreachable.certificate": ("憑證不可信", "its certificate is not trusted"),
    "unreachable.address": ("位址無效", "the address is not valid"),
    "unreachable.redirects": ("轉址太多次", "it redirects without end"),
    "unreachable.encoding": ("內容的壓縮格式有誤", "its compression is broken"),
    "unreachable.ours": ("程式內部出錯", "an error within this program"),
    "unreachable.redirect": ("對方把請求轉到另一個位址", "it redirects to another address"),
    "unreachable.not_found": ("那個位址沒有這個 API", "there is no such API at that address"),
}
