"""Counts the kinds of recordings that are read completely and played back correctly.

`python -m benchmarks.field` makes a file of each kind of `benchmarks.field_kinds`. `python -m benchmarks.field FOLDER`
uses the files in a folder instead, which should contain the same 25 seconds. `--browser` also plays in Chromium what
the site would serve, the file itself or the copy, and listens to it after jumps. It needs the commands ffmpeg and
espeak-ng to make files, and a chromium for `--browser`. It prints what is wrong with a kind, and finally how many kinds
were tried, read completely, played back in the right place, and refused by name.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np

from benchmarks.field_kinds import KINDS, SECONDS, TONES, Kind, make, make_base
from cantomeet import media
from cantomeet.errors import CantoMeetError, RecordingRefused

_SAME_SECONDS = 0.3
_WINDOW_SECONDS = 0.1
_JUMP = 0.3
"""Seconds after a tone's start to which the browser jumps."""
_SAME_HERTZ = 40
_SILENT_DECIBEL = -85

_LISTEN = """async ([url, times]) => {
  const a = new Audio(url); a.preload = 'auto'; document.body.appendChild(a);
  const wait = (name, ms) => new Promise(r => {
    a.addEventListener(name, () => r(true), {once: true}); setTimeout(() => r(false), ms)
  });
  if (!await wait('loadedmetadata', 8000)) return null;
  const ctx = new AudioContext(), an = ctx.createAnalyser(); an.fftSize = 16384; an.smoothingTimeConstant = 0;
  ctx.createMediaElementSource(a).connect(an); an.connect(ctx.destination); await ctx.resume();
  const heard = [];
  for (const t of times) {
    a.pause(); a.currentTime = t; await wait('seeked', 6000); a.play().catch(() => 0);
    const begun = performance.now();
    while (a.currentTime < t + 0.4 && performance.now() - begun < 4000) await new Promise(r => setTimeout(r, 20));
    const d = new Float32Array(an.frequencyBinCount); an.getFloatFrequencyData(d);
    const k = d.indexOf(Math.max(...d)); heard.push([k * ctx.sampleRate / an.fftSize, d[k]]);
  }
  a.pause(); const seconds = a.duration; a.remove(); await ctx.close(); return {seconds, heard};
}"""


@dataclass
class Result:
    kind: Kind
    wrong: list[str] = field(default_factory=list)
    refused: bool = False
    in_place: bool | None = None
    """None if it was not played."""


def try_kind(kind: Kind, path: Path, work: Path, play: Callable[[Path, list[float]], object] | None) -> Result:
    result = Result(kind)
    try:
        media.probe(path)
        decoded = media.decode_to_wav(path, work / "sound.wav")
    except CantoMeetError as error:
        code = str(error.params.get("found"))
        result.refused = isinstance(error, RecordingRefused) and code == kind.refused
        result.wrong += [] if result.refused else [f"refused as {code}"]
        return result
    if kind.refused:
        result.wrong.append("not refused")
        return result
    result.wrong += list(_faults_of(kind, decoded, work / "sound.wav"))
    if play is not None:
        _check_playback(result, path, decoded, work, play)
    return result


def _faults_of(kind: Kind, decoded: media.Decoded, wav: Path) -> Iterator[str]:
    if abs(decoded.seconds - kind.seconds) > (_SAME_SECONDS if kind.lost is None else 1.5):
        yield f"{decoded.seconds:.2f} s instead of {kind.seconds}"
    if decoded.unread_tracks != kind.unread_tracks:
        yield f"{decoded.unread_tracks} tracks not read"
    lost = sum(gap.seconds for gap in decoded.missing)
    wanted = kind.lost[1] - kind.lost[0] if kind.lost else 0.0
    if abs(lost - wanted) > 1.5 or (kind.lost and abs(decoded.missing[0].at - kind.lost[0]) > 1.0):
        yield f"says that {[(round(gap.at, 1), round(gap.seconds, 1)) for gap in decoded.missing]} is missing"
    for at, hertz in _expected(kind):
        begin = tone_begin(wav, hertz)
        if begin is None or abs(begin - at) > _SAME_SECONDS:
            yield f"{hertz} Hz at {begin} instead of {at}"


def _expected(kind: Kind) -> list[tuple[float, int]]:
    """Return the tones that can be heard; after a loss that no clock measures they come earlier."""
    heard = [(at + kind.shift, hertz) for at, hertz in TONES]
    if kind.lost is None:
        return [(at, hertz) for at, hertz in heard if at >= 0]
    begin, end = kind.lost
    earlier = SECONDS - kind.seconds if end < SECONDS else 0.0
    before = [(at, hertz) for at, hertz in heard if at + 1 < begin]
    return before + [(at - earlier, hertz) for at, hertz in heard if at > end + 0.5]


def tone_begin(wav: Path, hertz: int) -> float | None:
    """Return when a clear tone of that pitch begins."""
    with wave.open(str(wav)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16).astype(float)
        size = int(sound.getframerate() * _WINDOW_SECONDS)
    windows = samples[: len(samples) // size * size].reshape(-1, size)
    spectra = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)) ** 2
    place = round(hertz * _WINDOW_SECONDS)
    alone = spectra[:, place - 2 : place + 3].sum(axis=1) > 0.9 * (spectra[:, 2:].sum(axis=1) + 1)
    loud = spectra.sum(axis=1) > 1e-3 * spectra.sum(axis=1).max()
    long_enough = np.convolve(alone & loud, np.ones(5), "valid") >= 5
    return float(long_enough.argmax() * _WINDOW_SECONDS) if long_enough.any() else None


def _check_playback(
    result: Result, path: Path, decoded: media.Decoded, work: Path, play: Callable[[Path, list[float]], object]
) -> None:
    served = path
    if not decoded.plays_alike:
        served = work / "copy.webm"
        media.make_playback_copy(path, served)
    expected = _expected(result.kind)
    answer = play(served, [at + _JUMP for at, _ in expected])
    result.in_place = isinstance(answer, dict) and all(
        abs(hertz - wanted) < _SAME_HERTZ and decibel > _SILENT_DECIBEL
        for (hertz, decibel), (_, wanted) in zip(answer["heard"], expected, strict=True)
    )
    if not result.in_place:
        result.wrong.append(f"{'the file itself' if served == path else 'the copy'} is heard as {answer}")


class _WithRange(SimpleHTTPRequestHandler):
    """Serves recordings as the site does: by ranges of bytes, under a name without the type."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            return
        size = path.stat().st_size
        asked = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        begin, end = int(asked[0] or 0), min(int(asked[2] or size - 1), size - 1)
        self.send_response(206 if "Range" in self.headers else 200)
        self.send_header("Content-Type", "audio/webm" if path.suffix == ".webm" else "application/octet-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Range", f"bytes {begin}-{end}/{size}")
        self.send_header("Content-Length", str(end - begin + 1))
        self.end_headers()
        with path.open("rb") as file:
            file.seek(begin)
            left = end - begin + 1
            while left and (piece := file.read(min(65536, left))):
                self.wfile.write(piece)
                left -= len(piece)

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            return  # the browser closed the connection early

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def chromium(folder: Path) -> Iterator[Callable[[Path, list[float]], object]]:
    """Yield a function that returns what Chromium hears of a file at some times."""
    from playwright.sync_api import sync_playwright

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_WithRange, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--autoplay-policy=no-user-gesture-required", "--no-sandbox"],
        )
        page = browser.new_page()
        page.goto(url)

        def play(path: Path, times: list[float]) -> object:
            # Each file gets a new name, or the browser plays an earlier one from its cache.
            with tempfile.NamedTemporaryFile(dir=folder, suffix=path.suffix) as served:
                shutil.copyfile(path, served.name)
                return page.evaluate(_LISTEN, [f"{url}/{Path(served.name).name}", times])

        yield play
        browser.close()
    server.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--only", help="kinds whose name holds this")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made, _listener(options.browser, Path(made)) as play:
        results = []
        for kind, path in _files(options.folder, Path(made)):
            if options.only and options.only not in kind.name:
                continue
            try:
                results.append(_printed(try_kind(kind, path(), Path(made), play)))
            except subprocess.CalledProcessError:
                print(f"{kind.name:28} cannot be made by this ffmpeg")
    _sum_up(results)


@contextmanager
def _listener(wanted: bool, folder: Path) -> Iterator[Callable[[Path, list[float]], object] | None]:
    if not wanted:
        yield None
        return
    (folder / "web").mkdir()
    with chromium(folder / "web") as play:
        yield play


def _files(folder: Path | None, made: Path) -> Iterator[tuple[Kind, Callable[[], Path]]]:
    if folder is None:
        make_base(made)
        for kind in KINDS:
            yield kind, partial(make, kind, made)
        return
    known = {kind.name: kind for kind in KINDS}
    for path in sorted(folder.iterdir()):
        yield replace(known.get(path.name, Kind(path.name, ())), name=path.name), partial(Path, path)


def _printed(result: Result) -> Result:
    told = "; ".join(result.wrong) or ("refused by name" if result.refused else "ok")
    print(f"{result.kind.name:28} {told}", flush=True)
    return result


def _sum_up(results: list[Result]) -> None:
    whole = [r for r in results if not r.refused and not [w for w in r.wrong if " heard as " not in w]]
    listened = [r for r in results if r.in_place is not None]
    print(
        f"{len(results)} kinds tried: {len(whole)} read whole, {sum(r.refused for r in results)} refused by name, ",
        end="",
    )
    print(
        f"{sum(bool(r.in_place) for r in listened)} of {len(listened)} heard in the right place"
        if listened
        else "not listened to"
    )


if __name__ == "__main__":
    main()
