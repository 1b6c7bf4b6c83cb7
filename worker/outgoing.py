"""The one place that makes HTTP clients: nothing on this machine is asked through a proxy, everything else may be.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are read as other programs read them, the lower-case names
first. A proxy that cannot be used fails what needs it, with a reason that names the variable, and no process.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Mapping
from typing import TypedDict, Unpack
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from cantomeet.errors import ErrorCode, PermanentError
from cantomeet.settings import on_this_machine


class ProxyUnusable(PermanentError):
    """The environment names a proxy that nothing can be sent through; nothing was sent."""

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
    verify: ssl.SSLContext | bool = True,
    refuse_late: bool = False,
    **options: Unpack[ClientOptions],
) -> httpx.Client:
    """A client for requests to `url`'s host; `options` as httpx takes them.

    Raises `ProxyUnusable`; with `refuse_late` its requests do, which is for clients that a process makes at its start.
    """
    if transport is None:
        transport = _transport_or_refusal(url, verify) if refuse_late else _transport(url, verify)
    return httpx.Client(transport=transport, **options)


def proxy_for(url: str) -> tuple[str, str] | None:
    """The environment variable in force for `url` and its value; None where the way is direct."""
    try:
        scheme, host, port = (parts := urlsplit(url)).scheme, parts.hostname, parts.port
    except ValueError:
        return None  # no address: httpx says so
    proxies = getproxies()
    if not host or on_this_machine(url) or _spared(host, port, proxies.get("no", "")) or proxy_bypass(host):
        return None
    for kind in (scheme, "all"):
        if address := proxies.get(kind, "").strip():
            return _variable(kind), address
    return None


def problem_with_proxy(url: str) -> ProxyUnusable | None:
    """Why requests to `url` cannot be sent; None where they can, as far as the proxy's address tells."""
    try:
        _transport(url, verify=False).close()
    except ProxyUnusable as problem:
        return problem
    return None


def _transport_or_refusal(url: str, verify: ssl.SSLContext | bool) -> httpx.BaseTransport:
    try:
        return _transport(url, verify)
    except ProxyUnusable as problem:
        return _Refusing(problem)


def _transport(url: str, verify: ssl.SSLContext | bool) -> httpx.HTTPTransport:
    # A client that is given a transport reads no proxy from the environment by itself.
    if (found := proxy_for(url)) is None:
        return httpx.HTTPTransport(verify=verify)
    variable, address = found
    try:
        address = address if "://" in address else f"http://{address}"
        # httpx lets an empty host and a lone bracket pass.
        if not urlsplit(address).hostname:
            raise ValueError("no host")
        return httpx.HTTPTransport(verify=verify, proxy=address)
    # ImportError: a SOCKS proxy, for which httpx wants a package that is not installed.
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


def _spared(host: str, port: int | None, no_proxy: str) -> bool:
    return any(_covers(entry, host, port) for entry in no_proxy.lower().replace(" ", ",").split(",") if entry)


def _covers(entry: str, host: str, port: int | None) -> bool:
    """Whether `entry` of `NO_PROXY` (a name and what is below it, an address, a network, `*`) is meant for `host`."""
    entry = entry.rpartition("://")[2]
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        name, _, wanted = entry.partition(":")
    if wanted and wanted != str(port):
        return False
    name = name.lstrip("*").lstrip(".")
    return entry == "*" or (bool(name) and (host == name or host.endswith(f".{name}")))
