"""Probing and decoding of recordings in all formats."""

from __future__ import annotations

import errno
import io
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cantomeet import media
from cantomeet.errors import ErrorCode, PermanentError, RecordingRefused, StorageFull
from cantomeet.media import decoding, sniffing
from tests.recordings_factory import (
    COMMON,
    KINDS,
    frames_of,
    heard,
    make_large_wav,
    make_recording,
    make_silent_video,
    tone,
)


def refusal_of(path: Path) -> str:
    with pytest.raises(RecordingRefused) as refused:
        media.probe(path)
    assert (refused.value.status, refused.value.code) == (415, ErrorCode.NOT_A_RECORDING)
    return str(refused.value.params["found"])


@pytest.mark.parametrize("kind", COMMON)
def test_a_recording_is_known_by_its_content_whatever_its_name(kind: str, tmp_path: Path) -> None:
    probe = media.probe(make_recording(tmp_path / "notes.txt", kind))
    assert probe.format == kind
    assert probe.content_type == media.CONTENT_TYPES[kind]
    assert probe.duration_seconds is None or abs(probe.duration_seconds - 2.0) < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_decodes_to_its_real_length_and_sound(kind: str, tmp_path: Path) -> None:
    source, wav = make_recording(tmp_path / "source", kind), tmp_path / "sound"
    decoded = media.decode_to_wav(source, wav)
    samples = heard(wav)
    assert abs(decoded.seconds - 2.0) < 0.1
    assert len(samples) == round(decoded.seconds * media.RATE)
    spectrum = np.abs(np.fft.rfft(samples[4000:20000].astype(float)))
    assert np.argmax(spectrum) == 440


@pytest.mark.parametrize("kind", ["wav", "mp3", "webm"])
def test_a_recording_is_measured_as_it_would_be_decoded_and_nothing_is_written(kind: str, tmp_path: Path) -> None:
    source = make_recording(tmp_path / "x", kind, 3.0)
    assert media.measure(source) == media.decode_to_wav(source, tmp_path / "y")
    (tmp_path / "y").unlink()
    media.measure(source)
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("kind", ["aac", "amr", "mp3-without-length", "webm-live"])
def test_a_length_that_the_file_does_not_state_is_not_guessed(kind: str, tmp_path: Path) -> None:
    assert media.probe(make_recording(tmp_path / "source", kind)).duration_seconds is None


def test_a_stated_length_is_found_behind_a_large_cover_picture(tmp_path: Path) -> None:
    source = make_recording(tmp_path / "a.mp3", "mp3")
    size = 300_000
    tag = b"ID3\x04\x00\x00" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(size)
    source.write_bytes(tag + source.read_bytes()[len(b"ID3\x04\x00\x00") + 4 + 35 :])
    duration = media.probe(source).duration_seconds
    assert duration is not None
    assert abs(duration - 2.0) < 0.1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", sniffing.EMPTY),
        ("會議紀錄\n".encode() * 50, sniffing.TEXT),
        (b"\x89PNG\r\n\x1a\n" + bytes(5000), "image"),
        (b"PK\x03\x04" + bytes(5000), "archive"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/hostname\n", sniffing.PLAYLIST),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", sniffing.PLAYLIST),
        (bytes(5000), sniffing.UNKNOWN),
        (np.random.default_rng(7).bytes(50_000), sniffing.UNKNOWN),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_its_kind(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "recording.mp3"
    path.write_bytes(content)
    assert refusal_of(path) == code


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    assert refusal_of(make_silent_video(tmp_path / "a.mp4")) == sniffing.NO_SOUND


def test_an_mp4_that_lost_its_index_is_refused_as_incomplete(tmp_path: Path) -> None:
    path = make_recording(tmp_path / "a.m4a", "m4a")
    path.write_bytes(path.read_bytes()[:2000])
    assert refusal_of(path) == sniffing.INCOMPLETE


def test_a_header_without_decodable_sound_is_refused(tmp_path: Path) -> None:
    path = make_recording(tmp_path / "a.flac", "flac")
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes(len(content) - 100))
    assert refusal_of(path) in (sniffing.UNDECODABLE, sniffing.UNKNOWN)


@contextmanager
def listening() -> Iterator[tuple[str, Callable[[], bool]]]:
    """A local address, and whether anything has connected to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)

        def called() -> bool:
            try:
                server.accept()[0].close()
            except TimeoutError:
                return False
            return True

        yield f"http://127.0.0.1:{server.getsockname()[1]}/a.ts", called


@pytest.mark.parametrize("first_fence", [True, False])
@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{url}'\n",
        "<?xml version='1.0'?><MPD type='static' mediaPresentationDuration='PT1S'><Period><AdaptationSet "
        "mimeType='audio/mp4'><Representation id='a'><BaseURL>{url}</BaseURL></Representation></AdaptationSet>"
        "</Period></MPD>",
    ],
)
def test_no_address_in_a_file_is_ever_connected_to(
    playlist: str, first_fence: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not first_fence:
        monkeypatch.setattr(sniffing, "foreign", lambda head: None)
    with listening() as (url, called):
        path = tmp_path / "a.m3u8"
        path.write_text(playlist.format(url=url))
        refusal_of(path)
        assert not called()


@pytest.mark.parametrize("kind", ["wav", "mp3", "ogg", "flac", "webm", "aac", "amr"])
def test_a_truncated_recording_is_decoded_as_far_as_possible(kind: str, tmp_path: Path) -> None:
    source = make_recording(tmp_path / "a", kind, seconds=6.0)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    decoded = media.decode_to_wav(source, tmp_path / "sound")
    assert 2.0 < decoded.seconds < 4.0


@pytest.mark.parametrize("kind", ["wav", "mp3", "flac", "webm", "mkv", "m4a-faststart"])
def test_the_header_of_a_truncated_recording_still_states_the_whole_length(kind: str, tmp_path: Path) -> None:
    source = make_recording(tmp_path / "a", kind, seconds=6.0)
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    assert media.probe(source).duration_seconds == pytest.approx(6.0, abs=0.1)
    assert media.decode_to_wav(source, tmp_path / "sound").seconds < 4.0


@pytest.mark.parametrize("placeholder", [0, 0xFFFFFFFF, 0x7FFFFFFF - 36])
def test_a_wav_whose_recorder_could_not_write_its_length_has_that_of_its_bytes(
    placeholder: int, tmp_path: Path
) -> None:
    source = make_recording(tmp_path / "a", "wav")
    content = bytearray(source.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = placeholder.to_bytes(4, "little")
    source.write_bytes(content)
    assert media.probe(source).duration_seconds == pytest.approx(2.0, abs=0.01)


def test_an_unreadable_disk_is_not_blamed_on_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = make_recording(tmp_path / "a", "wav")

    class Failing(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(Path, "open", lambda path, mode="r": Failing(path, mode.replace("b", "")))
    with pytest.raises(OSError, match="input/output"):
        decoding.decode_to_wav(source, tmp_path / "sound")


@pytest.mark.parametrize("kind", ["mp3", "ogg", "flac", "aac", "m4a"])
def test_broken_packets_in_the_middle_are_skipped(kind: str, tmp_path: Path) -> None:
    source = make_recording(tmp_path / "a", kind, seconds=6.0)
    content = bytearray(source.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 500] = np.random.default_rng(3).bytes(500)
    source.write_bytes(content)
    assert media.decode_to_wav(source, tmp_path / "sound").seconds > 4.0


def test_nothing_is_written_if_nothing_can_be_decoded(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"fLaC" + bytes(3000))
    with pytest.raises(PermanentError) as failed:
        media.decode_to_wav(source, tmp_path / "sound")
    assert failed.value.code is ErrorCode.RECORDING_UNREADABLE
    assert failed.value.params["found"] == sniffing.UNDECODABLE
    assert list(tmp_path.iterdir()) == [source]


def test_silence_fills_omitted_packets_so_that_times_stay_correct(tmp_path: Path) -> None:
    """A browser that records a silent call omits packets while the clock goes on."""
    source, wav = tmp_path / "a", tmp_path / "sound"
    with av.open(str(source), "w", format="webm") as out:
        stream = out.add_stream("libopus", rate=48_000, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for frame in frames_of(tone(4.0, 48_000), 48_000):
            for packet in stream.encode(frame):
                if packet.pts is not None and packet.time_base and 1.0 <= packet.pts * packet.time_base < 3.0:
                    continue
                out.mux(packet)
        out.mux(stream.encode(None))
    decoded = media.decode_to_wav(source, wav)
    loud = np.abs(heard(wav).astype(int))
    assert decoded.seconds == pytest.approx(4.0, abs=0.1)
    assert loud[: media.RATE // 2].max() > 5000
    assert loud[int(1.3 * media.RATE) : int(2.7 * media.RATE)].max() == 0
    assert loud[int(3.3 * media.RATE) :].max() > 5000


def test_progress_reports_seconds_and_can_stop_the_work(tmp_path: Path) -> None:
    source = make_recording(tmp_path / "a", "wav", seconds=35.0)
    told: list[float] = []
    media.decode_to_wav(source, tmp_path / "sound", told.append)
    assert told == sorted(told)
    assert len(told) == 3
    (tmp_path / "sound").unlink()

    def stop(seconds: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        media.decode_to_wav(source, tmp_path / "sound", stop)
    assert list(tmp_path.iterdir()) == [source]


def test_more_sound_than_a_wav_can_count_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_LONGEST_WAV_SECONDS", 1.0)
    with pytest.raises(PermanentError) as failed:
        decoding.decode_to_wav(make_recording(tmp_path / "a"), tmp_path / "sound")
    assert failed.value.params["found"] == sniffing.TOO_LONG


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Writes beyond `size` fail, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("make", [media.decode_to_wav, media.make_playback_copy])
def test_a_full_disk_leaves_nothing_half_written(make: Callable[[Path, Path], media.Decoded], tmp_path: Path) -> None:
    source = make_large_wav(tmp_path / "a", 8_000_000)
    with files_limited_to(50_000), pytest.raises(StorageFull):
        make(source, tmp_path / "made")
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize(
    ("kind", "playable"),
    [
        *[(kind, True) for kind in ("mp3", "m4a", "mp4", "wav", "ogg", "webm", "flac", "mov")],
        *[(kind, False) for kind in ("mkv", "asf", "amr", "alac", "aac", "3gp", "webm-live")],
    ],
)
def test_a_recording_that_browsers_cannot_play_or_seek_in_gets_a_copy(
    kind: str, playable: bool, tmp_path: Path
) -> None:
    source, copy = make_recording(tmp_path / "a", kind), tmp_path / "copy"
    assert media.measure(source).plays_alike is playable
    media.make_playback_copy(source, copy)
    assert media.probe(copy).content_type == media.PLAYBACK_CONTENT_TYPE
    decoded = media.decode_to_wav(copy, tmp_path / "sound")
    assert decoded.plays_alike
    assert decoded.seconds == pytest.approx(2.0, abs=0.1)


@pytest.fixture(scope="session")
def one_of_each(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("kinds")
    return {kind: make_recording(folder / kind, kind, seconds=1.0).read_bytes() for kind in COMMON}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(COMMON),
    damage=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), max_size=40),
    cut=st.integers(0, 2**20),
)
def test_a_damaged_recording_is_decoded_or_refused_and_nothing_else(
    kind: str, damage: list[tuple[int, int]], cut: int, one_of_each: dict[str, bytes], tmp_path: Path
) -> None:
    content = bytearray(one_of_each[kind])
    for position, byte in damage:
        content[position % len(content)] = byte
    path = tmp_path / "damaged"
    path.write_bytes(content[: cut % (len(content) + 1)])
    with suppress(RecordingRefused):
        assert media.probe(path).format in COMMON
    with suppress(PermanentError):
        assert media.decode_to_wav(path, tmp_path / "sound").seconds > 0
