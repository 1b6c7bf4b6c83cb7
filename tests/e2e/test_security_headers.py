"""The guard wraps all responses, including those of Reflex's own parts."""

from __future__ import annotations

import httpx
import pytest

from tests.e2e.serving import Web

PLACES = (
    "/",
    "/meetings",
    "/no/such/page",
    "/ping",
    "/_health",
    "/health",
    "/_upload",
    "/_event/?EIO=4&transport=polling",
    "/_event/",
    "/favicon.svg",
    "/assets/none.js",
    "/api/meetings",
    "/api/nothing",
    "/api/uploads/",
    "/api/uploads/x",
    "/api/openapi.json",
    "/meetings/upload",
)
PREFLIGHT = {"Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "x-any"}
OF_SAFETY = ("x-content-type-options", "x-frame-options", "content-security-policy", "cross-origin-resource-policy")


@pytest.mark.parametrize("place", PLACES)
def test_no_response_has_cors_headers_and_each_has_the_security_headers(web: Web, place: str) -> None:
    for origin in (web.url, web.url.replace("localhost", "127.0.0.1"), "https://evil.example", "null"):
        for method, more in (("GET", {}), ("OPTIONS", PREFLIGHT), ("POST", {}), ("DELETE", {})):
            answer = _ask(web, method, place, {"Origin": origin, **more})
            told = (method, origin, answer.status_code, dict(answer.headers))
            assert not [name for name in answer.headers if name.lower().startswith("access-control-")], told
            assert all(name in answer.headers for name in OF_SAFETY), told
            assert answer.status_code < 500, told


@pytest.mark.parametrize("place", PLACES)
def test_a_preflight_under_another_name_is_refused(web: Web, place: str) -> None:
    for host in ("evil.example", "localhost.evil.example", f"127.0.0.1.nip.io:{web.url.rpartition(':')[2]}"):
        answer = _ask(web, "OPTIONS", place, {"Host": host, "Origin": f"http://{host}", **PREFLIGHT})
        assert (answer.status_code, answer.json()["code"]) == (421, "wrong_host")
        assert all(name in answer.headers for name in OF_SAFETY)


def test_no_page_may_use_eval(web: Web) -> None:
    policy = _ask(web, "GET", "/meetings", {}).headers["content-security-policy"]
    assert "unsafe-eval" not in policy


def _ask(web: Web, method: str, place: str, headers: dict[str, str]) -> httpx.Response:
    return httpx.request(method, web.url + place, headers=headers, trust_env=False, timeout=30)
