"""Missing sound is reported with its position and length, and only if sound is missing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from cantomeet import media
from cantomeet.media.mpeg_frames import walk_sized
from cantomeet.media.tags import after_id3
from tests.marked import SECONDS, file_bytes, marked, marks_in, wav_bytes
from tests.recordings_factory import make_recording

MONO = marked()
FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}


def in_one_block() -> bytes:
    """A VOC with one block, as sound card programs write it. FFmpeg writes a block for each packet."""
    samples = ((marked(11_111) >> 8) + 128).astype(np.uint8).tobytes()
    head = b"Creative Voice File\x1a\x1a\0\x0a\1\x29\x11"
    return head + b"\1" + (len(samples) + 2).to_bytes(3, "little") + b"\xa6\0" + samples + b"\0"


KINDS: dict[str, Callable[[], bytes]] = {
    "wav": lambda: wav_bytes(MONO),
    "aiff": lambda: file_bytes("aiff", "pcm_s16be", [MONO]),
    "mp3": lambda: file_bytes("mp3", "libmp3lame", [MONO], bit_rate=96_000),
    "flac": lambda: file_bytes("flac", "flac", [MONO]),
    "m4a": lambda: file_bytes("ipod", "alac", [MONO], options={"movflags": "faststart"}),
    "webm": lambda: file_bytes("webm", "libopus", [MONO], options={"cluster_time_limit": "500"}),
    "ogg": lambda: file_bytes("ogg", "libopus", [MONO], options={"page_duration": "200000"}),
    "au": lambda: file_bytes("au", "pcm_s16be", [MONO]),
    "flv": lambda: file_bytes("flv", "aac", [marked(44_100)], rate=44_100),
    "wv": lambda: file_bytes("wv", "wavpack", [MONO]),
    "tta": lambda: file_bytes("tta", "tta", [MONO]),
    "wma": lambda: file_bytes("asf", "wmav2", [marked(44_100)], rate=44_100, bit_rate=64_000),
    "fragments": lambda: file_bytes("ipod", "aac", [MONO], options=FRAGMENTS),
    "aac": lambda: file_bytes("adts", "aac", [MONO], bit_rate=64_000),
    "avi": lambda: file_bytes("avi", "pcm_s16le", [MONO]),
    "avi of mp3": lambda: file_bytes("avi", "libmp3lame", [MONO], bit_rate=96_000),
    "mpeg": lambda: file_bytes("mpeg", "mp2", [MONO], bit_rate=128_000),
    "voc": lambda: file_bytes("voc", "pcm_s16le", [MONO]),
    "voc of one block": in_one_block,
    "mp1": lambda: (b"\xff\xff\x44\xc0" + bytes(124)) * 750,
    "mp2": lambda: file_bytes("mp2", "mp2", [MONO], bit_rate=96_000),
    "mp2 of 44.1 kHz": lambda: file_bytes("mp2", "mp2", [marked(44_100)], rate=44_100, bit_rate=112_000),
    "mp2 of 16 kHz": lambda: file_bytes("mp2", "mp2", [marked(16_000)], rate=16_000, bit_rate=64_000),
    "ac3": lambda: file_bytes("ac3", "ac3", [MONO], bit_rate=96_000),
    "ac3 of 44.1 kHz": lambda: file_bytes("ac3", "ac3", [marked(44_100)], rate=44_100, bit_rate=96_000),
    "ac3 of 32 kHz": lambda: file_bytes("ac3", "ac3", [marked(32_000)], rate=32_000, bit_rate=96_000),
    "eac3": lambda: file_bytes("eac3", "eac3", [MONO], bit_rate=96_000),
    "latm": lambda: file_bytes("latm", "aac", [MONO], bit_rate=64_000),
    "mp3 in wav": lambda: file_bytes("wav", "libmp3lame", [MONO], bit_rate=96_000),
}
WITHOUT_CLOCK = ["mp3", "aac", "mp1", "mp2", "mp2 of 44.1 kHz", "mp2 of 16 kHz"]
WITHOUT_CLOCK += ["ac3", "ac3 of 44.1 kHz", "ac3 of 32 kHz", "eac3", "latm", "mp3 in wav"]


def decoded(content: bytes, folder: Path) -> media.Decoded:
    (folder / "file").write_bytes(content)
    return media.decode_to_wav(folder / "file", folder / "wav")


def with_a_pause(path: Path, content: bytes, seconds: int) -> bytes:
    """The MP4 `content` with a clock that jumps ahead by `seconds` in the middle."""
    with av.open(io.BytesIO(content)) as source, av.open(str(path), "w", format="ipod") as out:
        track = source.streams.audio[0]
        stream = out.add_stream_from_template(track)
        for packet in source.demux(track):
            if packet.pts is None or packet.dts is None or packet.time_base is None:
                continue
            if packet.pts * packet.time_base > SECONDS / 2:
                packet.pts += int(seconds / packet.time_base)
                packet.dts = packet.pts
            packet.stream = stream
            out.mux(packet)
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_recording_has_no_missing_sound(kind: str, tmp_path: Path) -> None:
    found = decoded(KINDS[kind](), tmp_path)
    assert (found.missing, found.unread_tracks, found.unread_bytes) == ((), 0, 0)


@pytest.mark.parametrize("kind", ["wav", "aiff", "au", "mp3", "flac", "m4a", "webm", "flv", "wv", "voc of one block"])
def test_a_truncated_recording_says_how_much_is_missing(kind: str, tmp_path: Path) -> None:
    content = KINDS[kind]()
    found = decoded(content[: 6 * len(content) // 10], tmp_path)
    assert 1.0 < found.seconds < 5.0
    assert [gap.at for gap in found.missing] == [pytest.approx(found.seconds, abs=0.1)]
    assert found.seconds + found.missing[0].seconds == pytest.approx(SECONDS, abs=0.3)
    assert not found.plays_alike


@pytest.mark.parametrize("kind", ["flac", "m4a", "fragments", "webm", "ogg", "wma", "avi", "avi of mp3", "mpeg"])
def test_an_overwritten_part_is_silent_and_reported(kind: str, tmp_path: Path) -> None:
    content = KINDS[kind]()
    begin, end = 45 * len(content) // 100, 65 * len(content) // 100
    found = decoded(content[:begin] + bytes(end - begin) + content[end:], tmp_path)
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)
    assert sum(gap.seconds for gap in found.missing) > 0.3
    marks = marks_in(tmp_path / "wav")
    lost = list(found.missing)
    for hertz, at in {500: 1.0, 900: 3.0, 1300: 5.0}.items():
        covered = any(gap.at < at + 0.5 and gap.at + gap.seconds > at for gap in lost)
        heard = marks[hertz]
        assert covered or (heard is not None and abs(heard - at) < 0.15), (hertz, heard, lost)
    assert not found.plays_alike


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("kind", WITHOUT_CLOCK)
def test_frames_that_were_overwritten_are_counted(kind: str, noise: bool, tmp_path: Path) -> None:
    """These formats have no clock: later sound moves forward, in the copy as in the transcript."""
    content = KINDS[kind]()
    begin, end = len(content) // 3, len(content) // 2
    hole = np.random.default_rng(1).bytes(end - begin) if noise else bytes(end - begin)
    found = decoded(content[:begin] + hole + content[end:], tmp_path)
    assert len(found.missing) == 1
    assert found.missing[0].at == pytest.approx(2.0, abs=0.5)
    assert found.seconds + found.missing[0].seconds == pytest.approx(SECONDS, abs=0.5)
    assert not found.plays_alike


def test_sound_after_a_destroyed_block_of_a_voc_is_reported_missing(tmp_path: Path) -> None:
    content = KINDS["voc"]()
    begin, end = len(content) // 3, len(content) // 2
    found = decoded(content[:begin] + bytes(end - begin) + content[end:], tmp_path)
    (gap,) = found.missing
    assert gap.at == pytest.approx(found.seconds, abs=0.01) == pytest.approx(2.0, abs=0.1)
    assert found.seconds + gap.seconds == pytest.approx(SECONDS, abs=0.1)


def test_frames_of_dts_that_were_overwritten_are_counted() -> None:
    frame = b"\x7f\xfe\x80\x01\xfc\x3c\x7d\xb0" + bytes(2004)
    walk = walk_sized(frame * 10 + bytes(5000) + frame * 10, 0, 20 * len(frame) + 5000, "dts", 512, 48_000)
    assert walk.seconds == pytest.approx(20 * 512 / 48_000)
    assert walk.junk == [(pytest.approx(10 * 512 / 48_000), 5000)]


def test_an_index_of_destroyed_sound_does_not_pass_for_a_recording_of_its_last_words(tmp_path: Path) -> None:
    content = KINDS["m4a"]()
    begin = content.index(b"mdat") + 4
    end = begin + 8 * (len(content) - begin) // 10
    found = decoded(content[:begin] + bytes(end - begin) + content[end:], tmp_path)
    (gap,) = found.missing
    assert gap.at == pytest.approx(0.0, abs=0.1)
    assert gap.seconds > 3.0
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)


def test_a_part_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    whole = file_bytes("ipod", "alac", [MONO])
    second = file_bytes("ipod", "alac", [MONO])
    found = decoded(whole + second[: second.index(b"moov") - 4], tmp_path)
    assert found.unread_bytes > 10_000
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("kinds", [("mp3", "aac"), ("aac", "mp3")])
def test_frames_of_another_kind_after_the_last_are_reported(kinds: tuple[str, str], tmp_path: Path) -> None:
    first, second = (KINDS[kind]() for kind in kinds)
    bare = second[after_id3(second, 0) :]
    assert decoded(first + bare, tmp_path).unread_bytes == pytest.approx(len(bare), abs=2000)


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_an_avi_that_states_no_size_is_whole(size: int, tmp_path: Path) -> None:
    content = file_bytes("avi", "pcm_s16le", [MONO])
    found = decoded(content[:4] + size.to_bytes(4, "little") + content[8:], tmp_path)
    assert found.missing == ()
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("into", [0, 90])
def test_fragments_after_a_destroyed_one_are_decoded(into: int, tmp_path: Path) -> None:
    """Whether the damage starts at the header of a fragment or inside it."""
    content = file_bytes("ipod", "aac", [MONO], options=FRAGMENTS)
    heads = [found.start() - 4 for found in re.finditer(b"moof", content)]
    begin, end = heads[4] + into, heads[6] + 50
    found = decoded(content[:begin] + bytes(end - begin) + content[end:], tmp_path)
    (gap,) = found.missing
    assert gap.at == pytest.approx(2.0, abs=0.6)
    assert gap.seconds == pytest.approx(1.5, abs=0.6)
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)
    assert marks_in(tmp_path / "wav")[1300] == pytest.approx(5.0, abs=0.15)


RUNS = {
    "its flags": (4, b"\xff\xff\xff\xff"),
    "its count": (8, b"\x7f\xff\xff\xff"),
    "a count of a thousand": (8, b"\0\0\3\xe8"),
    "where its samples lie": (12, b"\0\x10\0\0"),
    "sizes of nought": (16, bytes(12)),
    "a size of 2 GB": (20, b"\x7f\xff\xff\xff"),
}


@pytest.mark.parametrize("fragment", [0, 2, 7, 10])
@pytest.mark.parametrize("what", RUNS)
def test_a_fragment_with_a_destroyed_sample_list_is_lost_alone(what: str, fragment: int, tmp_path: Path) -> None:
    sound = (np.sin(np.arange(6 * 48_000) / 20) * 3000 + np.arange(6 * 48_000) % 97).astype(np.int16)
    content = file_bytes("ipod", "aac", [sound], options=FRAGMENTS)
    offset, wrong = RUNS[what]
    at = [found.start() for found in re.finditer(b"trun", content)][fragment] + offset
    (tmp_path / "file").write_bytes(content[:at] + wrong + content[at + len(wrong) :])
    assert media.probe(tmp_path / "file").format == "m4a"
    found = media.measure(tmp_path / "file")
    (gap,) = found.missing
    assert gap.at == pytest.approx(fragment * 0.512, abs=0.1)
    assert gap.seconds == pytest.approx(0.512, abs=0.1)
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)
    assert not found.plays_alike


def test_a_destroyed_last_fragment_is_reported_missing(tmp_path: Path) -> None:
    content = file_bytes("ipod", "aac", [MONO], options=FRAGMENTS)
    at = content.rindex(b"trun") + 8
    found = decoded(content[:at] + b"\xff\xff\xff\xff" + content[at + 4 :], tmp_path)
    (gap,) = found.missing
    assert gap.at == pytest.approx(found.seconds, abs=0.1)
    assert found.seconds + gap.seconds == pytest.approx(SECONDS, abs=0.2)


def test_packets_lost_by_a_broadcast_are_reported_missing(tmp_path: Path) -> None:
    """The clock of the transport stream shows it. FFmpeg joins the remaining packets, which all decode."""
    content = file_bytes("mpegts", "aac", [MONO])
    middle = len(content) // 2 // 188 * 188
    found = decoded(content[:middle] + content[middle + 188 * 60 :], tmp_path)
    (gap,) = found.missing
    assert gap.at == pytest.approx(SECONDS / 2, abs=1.0)
    assert gap.seconds > 0.5
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)


def test_a_clock_that_leaps_by_hours_is_no_loss(tmp_path: Path) -> None:
    """A recorder was paused overnight, and its index states an end hours later."""
    paused = with_a_pause(tmp_path / "paused", file_bytes("ipod", "alac", [MONO]), seconds=2 * 3600)
    found = decoded(paused, tmp_path)
    assert found.missing == ()
    assert found.seconds == pytest.approx(SECONDS, abs=0.1)


def test_video_after_the_end_of_the_sound_is_no_loss(tmp_path: Path) -> None:
    """An MP4 with longer video than sound ends where the sound does."""
    source = make_recording(tmp_path / "a", "mp4", 2.0)
    assert media.measure(source).missing == ()


@pytest.mark.parametrize("parts", [("a", "b"), ("a", "b", "c")])
def test_parts_with_lengths_of_their_own_do_not_end_early(parts: tuple[str, ...], tmp_path: Path) -> None:
    """The header of the first MP3 counts only its own frames, and FFmpeg guesses by it and the file's size."""
    content = b"".join(
        file_bytes("mp3", "libmp3lame", [marked(begin=0, end=2.0)], bit_rate=32_000 * (n + 1))
        for n, _ in enumerate(parts)
    )
    found = decoded(content, tmp_path)
    assert found.missing == ()
    assert found.seconds == pytest.approx(2.0 * len(parts), abs=0.2)
