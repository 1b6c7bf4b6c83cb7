"""HTTP client of a running CantoMeet; its errors fit on one line of the terminal."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar
from uuid import uuid4

import httpx
from pydantic import TypeAdapter, ValidationError

from cantomeet.errors import CantoMeetError
from launcher.answers import MeetingAnswer, PageAnswer, UploadAnswer
from worker import outgoing

POLL_SECONDS = 1.0
PATIENCE_SECONDS = 30.0
"""Seconds that a server may be away, such as during a restart, while a meeting is followed."""
Answer = TypeVar("Answer")
_MEETING, _PAGE, _UPLOADED = TypeAdapter(MeetingAnswer), TypeAdapter(PageAnswer), TypeAdapter(UploadAnswer)
_TIMEOUT = httpx.Timeout(10.0, read=120.0, write=120.0)
"""Seconds; checking a large recording delays the answer."""


class ServerAway(CantoMeetError):
    """No answer, or not from CantoMeet. The person must start it or correct the address."""


class ServerNotThere(ServerAway):
    """Nothing listens at the address."""


class ServerRefused(CantoMeetError):
    """The server refused the request; the text is its reason."""


class Server:
    """CantoMeet at `url`, closed at the end of a `with`.

    Every method raises `ServerAway`, `ServerRefused` or `outgoing.ProxyUnusable`.
    """

    def __init__(self, url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url.rstrip("/")
        with _translating(self.url):
            self._http = outgoing.client(
                self.url,
                base_url=self.url,
                timeout=_TIMEOUT,
                transport=transport,
                headers={"Accept-Language": "en"},
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def upload(self, file: Path, fields: Mapping[str, str], on_bytes: Callable[[int], None]) -> UploadAnswer:
        """Stream a recording; `on_bytes` receives the number of bytes of each chunk."""
        with _ReportingFile(file, on_bytes) as recording, _translating(self.url):
            answer = self._http.post(
                "/meetings/upload",
                data=dict(fields),
                files={"file": (file.name, recording, "application/octet-stream")},
                headers={"Idempotency-Key": uuid4().hex},
            )
        return self._read(answer, _UPLOADED)

    def meetings(self, params: Mapping[str, str]) -> PageAnswer:
        """Return a page of the list."""
        return self._get("/api/meetings", params, _PAGE)

    def meeting(self, meeting_id: str, include: str = "") -> MeetingAnswer:
        """Return the meeting; `include` as in the API."""
        # Whatever was typed stays one part of the path.
        return self._get(f"/api/meetings/{_path_segment(meeting_id)}", {"include": include}, _MEETING)

    def health(self) -> Mapping[str, object]:
        """Return `/health`, also with status 503."""
        with _translating(self.url):
            return _body_of(self._http.get("/health", timeout=5.0), self.url)

    def follow(self, meeting_id: str, pause: Callable[[float], None] = time.sleep) -> Iterator[MeetingAnswer]:
        """Yield the meeting whenever its status or progress changes or it waits for a person, until COMPLETED or
        FAILED.

        Waits up to `PATIENCE_SECONDS` for a server that is away.
        """
        shown: tuple[str, int | None, str | None] | None = None
        away = 0.0
        while True:
            try:
                meeting = self.meeting(meeting_id)
                away = 0.0
            except ServerAway:
                away += POLL_SECONDS
                if away > PATIENCE_SECONDS:
                    raise
            else:
                now = (meeting["status"], meeting["progress"], meeting["waiting_for"])
                if now != shown:
                    shown = now
                    yield meeting
                if meeting["status"] in ("COMPLETED", "FAILED"):
                    return
            pause(POLL_SECONDS)

    def _get(self, path: str, params: Mapping[str, str], kind: TypeAdapter[Answer]) -> Answer:
        with _translating(self.url):
            answer = self._http.get(path, params=dict(params))
        return self._read(answer, kind)

    def _read(self, answer: httpx.Response, kind: TypeAdapter[Answer]) -> Answer:
        body = _body_of(answer, self.url)
        if not answer.is_success:
            raise ServerRefused(_why(body) or f"{answer.status_code} {answer.reason_phrase}")
        try:
            return kind.validate_python(body)
        except ValidationError:
            raise ServerAway(f"what answers at {self.url} is another version of CantoMeet") from None


class _ReportingFile(io.FileIO):
    """A file that reports how much of it was read."""

    def __init__(self, path: Path, on_bytes: Callable[[int], None]) -> None:
        super().__init__(path)
        self._on_bytes = on_bytes

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(-1 if size is None else size)
        self._on_bytes(len(data))
        return data


@contextmanager
def _translating(url: str) -> Iterator[None]:
    try:
        yield
    except httpx.ConnectError:
        raise ServerNotThere(f"nobody answers at {url}: start it with `cantomeet up`, or name it with --url") from None
    except httpx.TimeoutException:
        raise ServerAway(f"{url} does not answer in time") from None
    except UnicodeEncodeError:
        raise ServerRefused("half a character cannot be sent: what was typed is no UTF-8") from None
    except (httpx.TransportError, httpx.InvalidURL, httpx.DecodingError) as error:
        raise ServerAway(f"the connection to {url!r} failed: {error}") from None


def _why(problem: Mapping[str, object]) -> str:
    errors = problem.get("errors")
    fields = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    wrong = "; ".join(f"{error.get('field')}: {error.get('detail')}" for error in fields)
    return wrong or str(problem.get("detail") or "")


def _body_of(answer: httpx.Response, url: str) -> Mapping[str, object]:
    try:
        body = json.loads(answer.content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ServerAway(f"what answers at {url} is not CantoMeet ({answer.status_code})")
    return body


def _path_segment(text: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in text) or "_"
