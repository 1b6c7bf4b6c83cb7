"""Builds responses of the API and of intermediaries between it and a client."""

from __future__ import annotations

from standins.http import Answer, json_answer

TITLES = {
    400: "Bad Request",
    401: "Permission Denied",
    403: "Forbidden",
    404: "Job not found",
    410: "Job Expired",
    413: "Malformed request",
    422: "Unprocessable Entity",
    423: "Resource Locked",
    429: "Max concurrent running jobs exceeded",
    500: "Internal Server Error",
    501: "Not Implemented",
}
_PAGE = (
    "<html>\n<head><title>{title}</title></head>\n<body>\n<center><h1>{title}</h1></center>\n"
    "<hr><center>nginx</center>\n</body>\n</html>\n"
)


def error(status: int, detail: str = "", *, title: str = "", retry_after: str | None = None) -> Answer:
    """Build the API's `ErrorResponse`."""
    body = {"code": status, "error": title or TITLES.get(status, "Job error")}
    answer = json_answer(body | ({"detail": detail} if detail else {}), status)
    if retry_after is not None:
        answer.headers["Retry-After"] = retry_after
    return answer


def html(status: int) -> Answer:
    """Build a page from an intermediary; 401 is the real host's answer to a request without a key."""
    title = "401 Authorization Required" if status == 401 else str(status)
    return Answer(status, _PAGE.format(title=title).encode(), "text/html")


def garbage() -> Answer:
    return Answer(200, b'{"id": "a1b2c3d4e5", "job": {"status": "do')
