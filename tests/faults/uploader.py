"""A client that uploads each recording with an Idempotency-Key and retries until it is accepted."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from dataclasses import dataclass

import httpx

from tests.sound import tone_bytes

_TIMEOUT = 30.0
_PATIENCE = 300.0
"""Limit in seconds for one recording, all retries included."""


@dataclass(frozen=True)
class Accepted:
    """An upload that the web process accepted."""

    key: str
    meeting_id: str
    sha256: str
    """Hash of the bytes that were sent."""


class Uploader:
    """Uploads `number` different recordings from a few threads."""

    def __init__(self, url: str, number: int, *, threads: int = 2, pause: float = 0.05) -> None:
        self._url = f"{url}/meetings/upload"
        self._pause = pause
        self._left = list(range(number, 0, -1))
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"uploader-{n}") for n in range(threads)]
        self.accepted: list[Accepted] = []
        self.tries = 0
        self.refused: list[str] = []
        """Responses that a client cannot handle, and recordings that were never accepted. Each is a bug of ours."""

    def __enter__(self) -> Uploader:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    @property
    def done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        with httpx.Client(timeout=_TIMEOUT, trust_env=False) as client:
            while not self._stop.is_set():
                with self._lock:
                    if not self._left:
                        return
                    number = self._left.pop()
                self._hand_in(client, number)
                time.sleep(self._pause)

    def _hand_in(self, client: httpx.Client, number: int) -> None:
        key, sound = f"chaos-{number}", tone_bytes(3.0, pitch=200.0 + number / 10)
        deadline = time.monotonic() + _PATIENCE
        while not self._stop.is_set() and time.monotonic() < deadline:
            meeting_id = self._try(client, key, number, sound)
            if meeting_id is not None:
                self.accepted.append(Accepted(key, meeting_id, hashlib.sha256(sound).hexdigest()))
                return
            time.sleep(random.uniform(0.1, 0.5))
        self.refused.append(f"{key}: never accepted")

    def _try(self, client: httpx.Client, key: str, number: int, sound: bytes) -> str | None:
        """The meeting's id, or None if the upload has to be retried."""
        self.tries += 1
        try:
            answer = client.post(
                self._url,
                headers={"Idempotency-Key": key},
                data={"title": f"會議 {number}"},
                files={"file": (f"{number}.wav", sound)},
            )
        except httpx.TransportError:
            return None
        if answer.status_code == 202:
            return str(answer.json()["id"])
        if answer.status_code != 503:
            self.refused.append(f"{key}: {answer.status_code} {answer.text[:200]}")
        return None
