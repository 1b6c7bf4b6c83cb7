"""All the sound of a file is decoded at its time, whichever track, channel or part it is in."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from cantomeet import media
from cantomeet.errors import RecordingRefused
from tests.marked import SECONDS, assert_whole, file_bytes, marked, wav_bytes
from tests.recordings_factory import Samples, heard

HALF = SECONDS / 2


def decoded(content: bytes, folder: Path) -> media.Decoded:
    """Decode the file's sound to `folder / "wav"`."""
    (folder / "file").write_bytes(content)
    assert media.probe(folder / "file").content_type
    return media.decode_to_wav(folder / "file", folder / "wav")


def first_half(samples: Samples) -> Samples:
    kept = samples.copy()
    kept[len(kept) // 2 - 4800 :] = 0
    return kept


def second_half(samples: Samples) -> Samples:
    return samples - first_half(samples)


def late(samples: Samples, milliseconds: int) -> Samples:
    return np.concatenate([np.zeros(48 * milliseconds, np.int16), samples])[: len(samples)]


MONO = marked()
SILENT = np.zeros_like(MONO)

CHANNELS: dict[str, list[Samples]] = {
    "the right is the left turned over": [MONO, -MONO],
    "turned over and softer": [MONO, (-0.5 * MONO).astype(np.int16)],
    "turned over and a little softer": [MONO, (-0.97 * MONO).astype(np.int16)],
    "turned over from the middle on": [MONO, first_half(MONO) - second_half(MONO)],
    "only on the right": [SILENT, MONO],
    "the same on both": [MONO, MONO],
    "late by 1 ms": [MONO, late(MONO, 1)],
    "late and turned over": [MONO, -late(MONO, 2)],
    "a speaker on each": [first_half(MONO), second_half(MONO)],
    "three channels of which one is silent": [first_half(MONO), SILENT, second_half(MONO)],
    "four, the loudest two against each other": [MONO // 5, MONO // 5, MONO, -MONO],
    "six, speech in the centre": [SILENT, SILENT, MONO, SILENT, SILENT, SILENT],
    "six, speech at the back": [SILENT, SILENT, SILENT, SILENT, MONO, -MONO],
    "eight, one microphone is live": [*[SILENT] * 7, MONO],
    "sixteen, one microphone is live": [*[SILENT] * 9, MONO, *[SILENT] * 6],
    "sixty-four": [*[SILENT] * 63, MONO],
}


@pytest.mark.parametrize("name", CHANNELS)
def test_no_channel_is_lost_and_none_cancels_another(name: str, tmp_path: Path) -> None:
    found = decoded(wav_bytes(np.array(CHANNELS[name])), tmp_path)
    assert found.missing == ()
    assert_whole(tmp_path / "wav")
    assert 4000 < np.abs(heard(tmp_path / "wav").astype(int)).max() < 12000, "as loud as it was"


def test_more_channels_than_can_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(wav_bytes(np.array([MONO] * 65)))
    with pytest.raises(RecordingRefused) as refused:
        media.probe(tmp_path / "file")
    assert refused.value.params["found"] == "undecodable"


@pytest.mark.parametrize("container", ["matroska", "mov", "mp4"])
def test_two_tracks_with_a_speaker_in_each_are_both_heard(container: str, tmp_path: Path) -> None:
    found = decoded(file_bytes(container, "aac", [first_half(MONO), second_half(MONO)]), tmp_path)
    assert not found.plays_alike, "a browser plays one of them"
    assert_whole(tmp_path / "wav")


TRACKS: dict[str, list[Samples]] = {
    "three of which one is silent": [SILENT, first_half(MONO), second_half(MONO)],
    "the same twice": [MONO, MONO],
    "the same turned over": [MONO, -MONO],
    "of different lengths": [MONO[: len(MONO) // 3], MONO],
}


@pytest.mark.parametrize("name", TRACKS)
def test_tracks_neither_cancel_nor_double(name: str, tmp_path: Path) -> None:
    decoded(file_bytes("matroska", "flac", TRACKS[name]), tmp_path)
    assert_whole(tmp_path / "wav")
    assert np.abs(heard(tmp_path / "wav").astype(int)).max() < 12000


@pytest.mark.parametrize("container", ["matroska", "mov"])
def test_a_track_that_begins_later_is_heard_later(container: str, tmp_path: Path) -> None:
    tracks = [marked(end=HALF), marked(begin=HALF)]
    decoded(file_bytes(container, "aac", tracks, starts=(0.0, HALF)), tmp_path)
    assert_whole(tmp_path / "wav")


def test_two_voices_at_full_loudness_do_not_clip(tmp_path: Path) -> None:
    time = np.arange(3 * 48_000) / 48_000
    voices = [(np.sin(2 * np.pi * hertz * time) * 32000).astype(np.int16) for hertz in (440, 1000)]
    decoded(wav_bytes(np.array(voices)), tmp_path)
    samples = heard(tmp_path / "wav")[4000:-4000].astype(float)
    spectrum = np.abs(np.fft.rfft(samples[:16000]))
    assert np.abs(samples).max() < 32767
    assert spectrum[3000:].max() < 0.01 * spectrum.max(), "what clips has overtones"
    assert min(spectrum[440], spectrum[1000]) > 0.5 * spectrum.max()


Encoded = Callable[[Samples, int], bytes]


def in_wav(samples: Samples, rate: int) -> bytes:
    return wav_bytes(samples, rate)


def in_file(container: str, codec: str, **options: object) -> Encoded:
    def encoded(samples: Samples, rate: int) -> bytes:
        return file_bytes(container, codec, [samples], rate, **options)  # type: ignore[arg-type]

    return encoded


def in_m4a_to_its_end(samples: Samples, rate: int) -> bytes:
    """An m4a of a recorder that cannot seek back: a size of zero means "to the end of the file"."""
    content = in_file("ipod", "aac", options={"movflags": "faststart"})(samples, rate)
    at = content.index(b"mdat") - 4
    return content[:at] + bytes(4) + content[at + 4 :]


PARTS: dict[str, list[tuple[Encoded, int]]] = {
    "wav": [(in_wav, 48_000)] * 2,
    "three wav of other rates": [(in_wav, 48_000), (in_wav, 8_000), (in_wav, 44_100)],
    "m4a": [(in_file("ipod", "aac"), 48_000)] * 2,
    "three m4a": [(in_file("ipod", "aac"), 48_000), (in_file("ipod", "alac"), 44_100), (in_file("mov", "aac"), 16_000)],
    "aiff": [(in_file("aiff", "pcm_s16be"), 48_000)] * 2,
    "caf": [(in_file("caf", "pcm_s16be"), 48_000), (in_file("caf", "alac"), 48_000)],
    "w64": [(in_file("w64", "pcm_s16le"), 48_000)] * 2,
    "au": [(in_file("au", "pcm_s16be"), 48_000)] * 2,
    "mp3": [(in_file("mp3", "libmp3lame"), 48_000), (in_file("mp3", "libmp3lame"), 16_000)],
    "adts of other rates": [(in_file("adts", "aac"), 16_000), (in_file("adts", "aac"), 44_100)],
    "flac": [(in_file("flac", "flac"), 48_000), (in_file("flac", "flac"), 16_000), (in_file("flac", "flac"), 48_000)],
    "ogg": [(in_file("ogg", "libopus"), 48_000)] * 3,
    "webm": [(in_file("webm", "libopus"), 48_000)] * 2,
    "webm of MediaRecorder": [(in_file("webm", "libopus", options={"live": "1"}), 48_000)] * 3,
    "amr": [(in_file("amr", "libopencore_amrnb"), 8_000)] * 2,
    "wma": [(in_file("asf", "wmav2", bit_rate=64_000), 44_100)] * 2,
    "avi": [(in_file("avi", "pcm_s16le"), 48_000)] * 2,
    "flv": [(in_file("flv", "aac"), 44_100)] * 2,
    "mpeg-ts": [(in_file("mpegts", "aac"), 48_000)] * 2,
    "wav and mp3": [(in_wav, 48_000), (in_file("mp3", "libmp3lame"), 48_000)],
    "wav and adts": [(in_wav, 48_000), (in_file("adts", "aac"), 48_000)],
    "m4a and mp3": [(in_file("ipod", "aac"), 48_000), (in_file("mp3", "libmp3lame"), 44_100)],
    "flac and mp3": [(in_file("flac", "flac"), 48_000), (in_file("mp3", "libmp3lame"), 48_000)],
    "ogg and mp3": [(in_file("ogg", "libopus"), 48_000), (in_file("mp3", "libmp3lame"), 48_000)],
    "webm and m4a": [(in_file("webm", "libopus"), 48_000), (in_file("ipod", "aac"), 48_000)],
    "m4a without the size of its sound": [(in_m4a_to_its_end, 48_000)] * 2,
    "mp3 and wav": [(in_file("mp3", "libmp3lame"), 48_000), (in_wav, 48_000)],
}


@pytest.mark.parametrize("name", PARTS)
def test_concatenated_recordings_are_all_decoded(name: str, tmp_path: Path) -> None:
    parts, length = PARTS[name], SECONDS / len(PARTS[name])
    content = b"".join(
        encode(marked(rate, length * number, length * (number + 1)), rate)
        for number, (encode, rate) in enumerate(parts)
    )
    found = decoded(content, tmp_path)
    assert_whole(tmp_path / "wav")
    assert (found.missing, found.plays_alike) == ((), False)


def with_size(content: bytes, word: bytes, size: int, order: str = "big", width: int = 4) -> bytes:
    at = content.index(word) + len(word)
    stated = size.to_bytes(width, "big" if order == "big" else "little")
    return content[:at] + stated + content[at + width :]


WAV = wav_bytes(MONO)
AIFF = file_bytes("aiff", "pcm_s16be", [MONO])
CAF = file_bytes("caf", "pcm_s16be", [MONO])
AU = file_bytes("au", "pcm_s16be", [MONO])
HEADERS = {
    "wav, half": with_size(WAV, b"data", len(WAV) // 2, "little"),
    "wav, nothing": with_size(WAV, b"data", 0, "little"),
    "wav, everything": with_size(WAV, b"data", 0xFFFFFFFF, "little"),
    "wav, half, twice": with_size(WAV[: len(WAV) // 2], b"data", 90_000, "little") + wav_bytes(marked(begin=HALF)),
    "aiff, half": with_size(AIFF, b"SSND", len(AIFF) // 2),
    "aiff, nothing": with_size(AIFF, b"SSND", 0),
    "au, half": AU[:8] + (len(AU) // 2).to_bytes(4, "big") + AU[12:],
    "caf, half": with_size(CAF, b"data", len(CAF) // 2, width=8),
    "caf, unknown": with_size(CAF, b"data", 2**64 - 1, width=8),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_states_another_size_hides_no_sound(name: str, tmp_path: Path) -> None:
    found = decoded(HEADERS[name], tmp_path)
    assert_whole(tmp_path / "wav")
    assert found.missing == ()


def chunk(name: bytes, body: bytes, order: Literal["little", "big"]) -> bytes:
    return name + len(body).to_bytes(4, order) + body + bytes(len(body) % 2)


def riff(*chunks: bytes) -> bytes:
    """A WAV with these chunks after its format chunk."""
    body = b"WAVE" + WAV[12:36] + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def in_chunks(samples: bytes, head: bytes, name: bytes, order: Literal["little", "big"] = "little") -> list[bytes]:
    """Three unequal chunks of samples, each after `head`."""
    borders = [0, 100_002, 300_000, len(samples)]
    return [chunk(name, head + samples[begin:end], order) for begin, end in pairwise(borders)]


NOTE = chunk(b"note", b"odd", "little")
DATA = in_chunks(WAV[44:], b"", b"data")
SSND = in_chunks(MONO.astype(">i2").tobytes(), bytes(8), b"SSND", "big")
W64 = file_bytes("w64", "pcm_s16le", [MONO])
W64_DATA = W64.index(b"data\xf3\xac")
W64_HALVES = (WAV[44:300_044], WAV[300_044:])
W64_CHUNKS = [
    W64[W64_DATA : W64_DATA + 16] + (24 + len(half)).to_bytes(8, "little") + half + bytes(-len(half) % 8)
    for half in W64_HALVES
]
CHUNKS: dict[str, bytes] = {
    "wav": riff(*DATA),
    "wav with notes between them": riff(DATA[0], NOTE, DATA[1], NOTE, DATA[2], NOTE),
    "wav, the first one empty": riff(chunk(b"data", b"", "little"), *DATA),
    "wav, the last one without a size": riff(*DATA[:2], b"data" + bytes(4) + DATA[2][8:]),
    "aiff": AIFF[: AIFF.index(b"SSND")] + b"".join(SSND),
    "w64": W64[:W64_DATA] + b"".join(W64_CHUNKS),
}


@pytest.mark.parametrize("name", CHUNKS)
def test_all_chunks_of_samples_are_decoded(name: str, tmp_path: Path) -> None:
    found = decoded(CHUNKS[name], tmp_path)
    assert_whole(tmp_path / "wav")
    assert (found.missing, found.unread_bytes) == ((), 0)
    assert not found.plays_alike, "a browser plays the first"
    assert found.seconds == pytest.approx(SECONDS, abs=0.01)


def test_a_truncated_last_chunk_of_samples_says_how_much_is_missing(tmp_path: Path) -> None:
    found = decoded(riff(*DATA)[: -len(DATA[2]) // 2], tmp_path)
    (gap,) = found.missing
    assert gap.at == pytest.approx(found.seconds, abs=0.01)
    assert found.seconds + gap.seconds == pytest.approx(SECONDS, abs=0.01)


def test_recordings_of_many_chunks_may_follow_one_another(tmp_path: Path) -> None:
    found = decoded(riff(*DATA) + WAV, tmp_path)
    assert found.seconds == pytest.approx(2 * SECONDS, abs=0.01)
    assert (found.missing, found.unread_bytes) == ((), 0)


HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n"
FORM = b'------WebKitFormBoundary\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
KINDS_BEHIND = (
    ["wav", "mp3", "m4a", "ogg", "flac", "webm", "aiff"] if os.environ.get("CANTOMEET_SOAK") else ["wav", "m4a"]
)
LEADS = {
    "zeros": bytes(512),
    "an ID3 tag": b"ID3\4\0\0\0\0\2\0" + bytes(256),
    "two ID3 tags": (b"ID3\3\0\0\0\0\2\0" + bytes(256)) * 2,
    "a download's header": HTTP,
    "a long one": HTTP * 100,
    "a form's header": FORM,
}


@pytest.mark.parametrize("name", LEADS)
@pytest.mark.parametrize("kind", KINDS_BEHIND)
def test_bytes_before_a_recording_are_skipped(name: str, kind: str, tmp_path: Path) -> None:
    forms = {
        "wav": ("wav", "pcm_s16le"),
        "mp3": ("mp3", "libmp3lame"),
        "m4a": ("ipod", "aac"),
        "ogg": ("ogg", "libopus"),
        "flac": ("flac", "flac"),
        "webm": ("webm", "libopus"),
        "aiff": ("aiff", "pcm_s16be"),
    }
    decoded(LEADS[name] + file_bytes(*forms[kind], [MONO]), tmp_path)
    assert_whole(tmp_path / "wav")


@pytest.mark.parametrize(
    "tail", [b"LIST\4\0\0\0INFO", b"id3 \0\1\0\0" + bytes(256), bytes(4096)], ids=["list", "id3", "zeros"]
)
def test_bytes_after_the_samples_of_a_wav_are_not_decoded(tail: bytes, tmp_path: Path) -> None:
    decoded(WAV + tail, tmp_path)
    assert len(heard(tmp_path / "wav")) == pytest.approx(SECONDS * media.RATE, abs=10)


def test_the_header_of_a_wav_inside_a_flac_is_no_second_recording(tmp_path: Path) -> None:
    """`flac --keep-foreign-metadata` keeps it."""
    flac, kept = file_bytes("flac", "flac", [MONO]), b"riff" + WAV[:44] + bytes(200)
    block = b"\2" + len(kept).to_bytes(3, "big") + kept
    found = decoded(flac[:42] + block + flac[42:], tmp_path)
    assert_whole(tmp_path / "wav")
    assert (found.missing, found.unread_bytes) == ((), 0)


RECORDERS = {
    "aiff": ("aiff", "pcm_s16be", 48_000),
    "aiff of floats": ("aiff", "pcm_f32be", 48_000),
    "caf": ("caf", "alac", 48_000),
    "w64": ("w64", "pcm_s16le", 48_000),
    "au": ("au", "pcm_s16be", 48_000),
    "avi": ("avi", "pcm_s16le", 48_000),
    "avi with mp3": ("avi", "libmp3lame", 48_000),
    "mpeg-ts": ("mpegts", "aac", 48_000),
    "mpeg-ps": ("vob", "ac3", 48_000),
    "mpeg-ps with mp2": ("mpeg", "mp2", 48_000),
    "flv": ("flv", "aac", 44_100),
    "ac3": ("ac3", "ac3", 48_000),
    "eac3": ("eac3", "eac3", 48_000),
    "latm": ("latm", "aac", 48_000),
    "mp2": ("mp2", "mp2", 48_000),
    "tta": ("tta", "tta", 48_000),
    "wavpack": ("wv", "wavpack", 48_000),
    "g722 in wav": ("wav", "g722", 16_000),
    "g726 in wav": ("wav", "g726", 8_000),
    "alac": ("ipod", "alac", 48_000),
    "3gp": ("3gp", "libopencore_amrnb", 8_000),
}


@pytest.mark.parametrize("name", RECORDERS)
def test_recorders_formats_are_accepted(name: str, tmp_path: Path) -> None:
    container, codec, rate = RECORDERS[name]
    decoded(file_bytes(container, codec, [marked(rate)], rate, bit_rate=128_000 if "mp" in codec else None), tmp_path)
    assert_whole(tmp_path / "wav")


def test_a_million_tags_after_a_recording_are_skipped(tmp_path: Path) -> None:
    """A search through the rest of the file after each of them would take hours."""
    content = file_bytes("flac", "flac", [MONO])
    decoded(content + b"ID3\4\0\0\0\0\0\0" * 300_000, tmp_path)
    assert_whole(tmp_path / "wav")


def test_an_attachment_of_a_video_is_no_second_recording(tmp_path: Path) -> None:
    content = file_bytes("matroska", "libopus", [MONO])
    attached = file_bytes("webm", "libopus", [MONO])
    # Add an attachments element to the segment and increase the segment's size.
    body = b"\x61\xa7" + with_length(b"\x46\x5c" + with_length(attached))
    element = b"\x19\x41\xa4\x69" + with_length(body)
    at = content.index(b"\x18\x53\x80\x67") + 4
    size = (int.from_bytes(content[at + 1 : at + 8], "big") + len(element)).to_bytes(7, "big")
    found = decoded(content[: at + 1] + size + content[at + 8 :] + element, tmp_path)
    assert (found.missing, found.unread_bytes) == ((), 0)
    assert_whole(tmp_path / "wav")


def with_length(body: bytes) -> bytes:
    return b"\x01" + len(body).to_bytes(7, "big") + body


@pytest.mark.parametrize("which", [0, 1])
def test_a_spatial_memo_is_decoded_by_its_readable_track(which: int, tmp_path: Path) -> None:
    content = file_bytes("mov", "aac", [MONO, MONO])
    begin = -1
    for _ in range(which + 1):
        begin = content.index(b"stsd", begin + 1)
    end = begin + int.from_bytes(content[begin - 4 : begin], "big")
    unknown = content[begin:end].replace(b"mp4a", b"apac").replace(b"esds", b"dapa")
    found = decoded(content[:begin] + unknown + content[end:], tmp_path)
    assert (found.unread_tracks, found.plays_alike) == (1, False)
    assert_whole(tmp_path / "wav")


def test_a_clock_that_contradicts_the_samples_is_ignored(tmp_path: Path) -> None:
    """An m4a with a header for 44.1 kHz and sound at 48 kHz gets no silence between its frames."""
    content = file_bytes("ipod", "aac", [MONO])
    at = content.index(b"mdhd") + 16
    wrong = content[:at] + (44_100).to_bytes(4, "big") + content[at + 4 :]
    decoded(wrong, tmp_path)
    assert_whole(tmp_path / "wav")


@pytest.mark.parametrize("seed", range(10))
def test_random_bytes_are_no_recording(seed: int, tmp_path: Path) -> None:
    leads = (b"", b"\xff\xfb\x90\x44", b"\xff\xf1\x50\x80", b"ID3\4\0\0\0\0\2\0", b"\x0b\x77")
    content = leads[seed % len(leads)] + np.random.default_rng(seed).bytes(60_000)
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(RecordingRefused):
        media.probe(tmp_path / "x")


def test_a_list_of_files_in_a_download_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(HTTP + b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n")
    with pytest.raises(RecordingRefused) as refused:
        media.probe(tmp_path / "x")
    assert refused.value.params["found"] == "playlist"
