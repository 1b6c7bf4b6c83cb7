"""Makes every HTTP client. Requests to this machine go direct; others may go through a proxy.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are read as other programs read them, the lower-case names
first. An unusable proxy fails only the work that needs it, with a reason that names the variable.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from typing import TypedDict, Unpack
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.settings import on_this_machine


class ProxyUnusable(PermanentError):
    """The environment names a proxy that cannot be used. Nothing was sent."""

    refused = True


class ClientOptions(TypedDict, total=False):
    """As httpx takes them."""

    base_url: str
    headers: Mapping[str, str]
    timeout: httpx.Timeout | float
    follow_redirects: bool


def client(
    url: str,
    *,
    transport: httpx.BaseTransport | None = None,
    refuse_late: bool = False,
    **options: Unpack[ClientOptions],
) -> httpx.Client:
    """A client for requests to `url`'s host. `options` are passed to httpx.

    Raises `ProxyUnusable`. With `refuse_late` the client's requests raise it instead; use that for clients that are
    made at the start of a process.
    """
    if transport is None:
        transport = _transport_or_refusal(url) if refuse_late else _transport(url)
    return httpx.Client(transport=transport, **options)


def proxy_for(url: str) -> tuple[str, str] | None:
    """The proxy variable that applies to `url`, with its value. None for a direct connection."""
    try:
        scheme, host, port = (parts := urlsplit(url)).scheme, parts.hostname, parts.port
    except ValueError:
        return None  # not an address; httpx reports it
    proxies = getproxies()
    if not host or on_this_machine(url) or _matches_no_proxy(host, port, proxies.get("no", "")) or proxy_bypass(host):
        return None
    for kind in (scheme, "all"):
        if address := proxies.get(kind, "").strip():
            return _variable(kind), address
    return None


def problem_with_proxy(url: str) -> ProxyUnusable | None:
    """Why requests to `url` cannot be sent, judged by the proxy's address alone. None if they can."""
    try:
        _transport(url, verify=False).close()
    except ProxyUnusable as problem:
        return problem
    return None


def _transport_or_refusal(url: str) -> httpx.BaseTransport:
    try:
        return _transport(url)
    except ProxyUnusable as problem:
        return _Refusing(problem)


def _transport(url: str, *, verify: bool = True) -> httpx.HTTPTransport:
    # With an explicit transport, httpx reads no proxy from the environment.
    if (found := proxy_for(url)) is None:
        return httpx.HTTPTransport(verify=verify)
    variable, address = found
    try:
        address = address if "://" in address else f"http://{address}"
        # httpx accepts an empty host and a lone bracket.
        if not urlsplit(address).hostname:
            raise ValueError("no host")
        return httpx.HTTPTransport(verify=verify, proxy=address)
    # ImportError: a SOCKS proxy, for which httpx needs a package that is not installed.
    except (ImportError, ValueError, httpx.InvalidURL):
        detail = f"{variable}: must be a proxy's http:// or https:// address, or unset (SOCKS is not supported)"
        raise ProxyUnusable(detail, code=ErrorCode.WRONG_SETTING, setting=variable) from None


class _Refusing(httpx.BaseTransport):
    def __init__(self, problem: ProxyUnusable) -> None:
        self._problem = problem

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise self._problem


def _variable(scheme: str) -> str:
    lower = f"{scheme}_proxy"
    return lower if os.environ.get(lower) else lower.upper()


def _matches_no_proxy(host: str, port: int | None, no_proxy: str) -> bool:
    return any(_entry_matches(entry, host, port) for entry in no_proxy.lower().replace(" ", ",").split(",") if entry)


def _entry_matches(entry: str, host: str, port: int | None) -> bool:
    """Whether an entry of `NO_PROXY` matches `host`: a domain with its subdomains, an address, a network, or `*`."""
    entry = entry.rpartition("://")[2]
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        name, _, wanted = entry.partition(":")
    if wanted and wanted != str(port):
        return False
    name = name.lstrip("*").lstrip(".")
    return entry == "*" or (bool(name) and (host == name or host.endswith(f".{name}")))
