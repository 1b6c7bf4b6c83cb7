"""Kinds of files from recorders, phones and meeting programs, made from the same 25 seconds.

The 25 seconds contain sentences at 1, 8, 15 and 21 s by espeak-ng, and tones of 500, 900 and 1300 Hz at 6, 13 and 19 s.
"""

from __future__ import annotations

import random
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 25.0
TONES = ((6.0, 500), (13.0, 900), (19.0, 1300))
"""Start and frequency of each tone; a tone lasts one second."""
_SAID = (
    (1, "Good morning everyone. The budget is two million dollars."),
    (8, "We decided to launch the new product on Friday."),
    (15, "Peter will send the report by Monday."),
    (21, "Thank you, see you next week."),
)


@dataclass(frozen=True)
class Kind:
    """A kind of file: how it is made, and what must be heard in it."""

    name: str
    steps: tuple[str, ...]
    """Arguments of ffmpeg; the last step writes the file, unless `bytes` does."""
    bytes: Callable[[Path], bytes] | None = None
    """Makes the file's content from what the steps left in a folder."""
    seconds: float = SECONDS
    shift: float = 0.0
    """Seconds by which everything is heard later."""
    lost: tuple[float, float] | None = None
    """Start and end of a part that cannot be heard; a warning must say so."""
    refused: str = ""
    """The code of `cantomeet.media.sniffing` with which it is refused."""
    unread_tracks: int = 0


def make_base(folder: Path) -> None:
    """Write `base.wav`, from which every kind is made."""
    inputs, filters = [], []
    for number, (at, words) in enumerate(_SAID):
        subprocess.run(
            ["espeak-ng", "-v", "en-us", "-s", "140", "-w", f"said{number}.wav", words], cwd=folder, check=True
        )
        inputs += ["-i", f"said{number}.wav"]
        filters.append(f"[{number}]aresample=48000,adelay={at * 1000}[s{number}]")
    for number, (start, hertz) in enumerate(TONES, len(_SAID)):
        inputs += ["-f", "lavfi", "-i", f"sine=f={hertz}:d=1:r=48000"]
        filters.append(f"[{number}]adelay={int(start * 1000)}[s{number}]")
    count = len(filters)
    mixed = "".join(f"[s{number}]" for number in range(count))
    filters.append(f"{mixed}amix=inputs={count}:normalize=0,apad=whole_dur=25,atrim=0:25[o]")
    ffmpeg(
        folder,
        shlex.join([*inputs, "-filter_complex", ";".join(filters), "-map", "[o]", "-ac", "1", "-ar", "48000"])
        + " -c:a pcm_s16le base.wav",
    )


def ffmpeg(folder: Path, arguments: str) -> None:
    command = ["ffmpeg", "-v", "error", "-y", *shlex.split(arguments.replace("BASE", "-i base.wav"))]
    subprocess.run(command, cwd=folder, check=True, stdin=subprocess.DEVNULL)


def make(kind: Kind, folder: Path) -> Path:
    for step in kind.steps:
        ffmpeg(folder, step)
    path = folder / kind.name
    if kind.bytes is not None:
        path.write_bytes(kind.bytes(folder))
    return path


def _converted(name: str, arguments: str) -> Kind:
    return Kind(name, (f"BASE {arguments} {shlex.quote(name)}",))


def _joined(name: str, *arguments: str) -> Kind:
    """Join parts of the 25 seconds, each a file of its own with the given arguments."""
    ending, count = Path(name).suffix, len(arguments)
    cuts = [SECONDS * number / count for number in range(count + 1)]
    parts = [f"{Path(name).stem}-{number}{ending}" for number in range(count)]
    steps = tuple(
        f"-ss {cuts[number]} -t {cuts[number + 1] - cuts[number]} BASE {arguments[number]} {shlex.quote(parts[number])}"
        for number in range(count)
    )
    return Kind(name, steps, lambda folder: b"".join((folder / part).read_bytes() for part in parts))


def _changed(name: str, step: str, source: str, change: Callable[[bytes], bytes], **expected: Any) -> Kind:
    return Kind(name, (f"BASE {step} {source}",), lambda folder: change((folder / source).read_bytes()), **expected)


def _with_size(word: bytes, size: int, order: str = "little", width: int = 4) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        at = content.index(word) + len(word)
        return content[:at] + size.to_bytes(width, "big" if order == "big" else "little") + content[at + width :]

    return change


def _with_zeros(start: float, end: float) -> Callable[[bytes], bytes]:
    """Overwrite the bytes between two fractions of the file."""
    return lambda content: (
        content[: int(start * len(content))]
        + bytes(int(end * len(content)) - int(start * len(content)))
        + content[int(end * len(content)) :]
    )


def _noise(size: int) -> bytes:
    return random.Random(1).randbytes(size)


def _without_codec(which: int) -> Callable[[bytes], bytes]:
    """Change one sound track of a QuickTime file to a codec that FFmpeg does not know."""

    def change(content: bytes) -> bytes:
        begin = -1
        for _ in range(which + 1):
            begin = content.index(b"stsd", begin + 1)
        end = begin + int.from_bytes(content[begin - 4 : begin], "big")
        entry = content[begin:end].replace(b"mp4a", b"apac").replace(b"esds", b"dapa")
        return content[:begin] + entry + content[end:]

    return change


def _with_unknown_track(which: int) -> Kind:
    def content(folder: Path) -> bytes:
        return _without_codec(which)((folder / "a.mov").read_bytes())

    steps = ("BASE BASE -map 0 -map 1 -c:a aac -f mov a.mov",)
    return Kind(f"unknown {which}.qta", steps, content, unread_tracks=1)


_STEREO = {
    "inverted": "c0=c0|c1=-1*c0",
    "inverted and softer": "c0=c0|c1=-0.5*c0",
    "right only": "c0=0*c0|c1=c0",
    "both": "c0=c0|c1=c0",
}
_TWO = (
    "-filter_complex \"[0]volume=enable='gt(t,12)':volume=0[a];[1]volume=enable='lt(t,12)':volume=0[b]\" "
    "-map [a] -map [b]"
)
_BLACK = "-f lavfi -i color=black:s=64x64:r=5"
_LIVE = "-movflags frag_keyframe+empty_moov+default_base_moof -frag_duration 1000000"

KINDS: list[Kind] = [
    # Files of recorders.
    _converted("pcm.wav", "-c:a pcm_s16le"),
    _converted("mulaw.wav", "-ar 8000 -c:a pcm_mulaw"),
    _converted("alaw.wav", "-ar 8000 -c:a pcm_alaw"),
    _converted("gsm.wav", "-ar 8000 -c:a libgsm_ms"),
    _converted("g722.wav", "-ar 16000 -c:a g722"),
    _converted("g726.wav", "-ar 8000 -c:a g726"),
    _converted("ima.wav", "-ar 16000 -c:a adpcm_ima_wav"),
    _converted("adpcm.wav", "-ar 16000 -c:a adpcm_ms"),
    _converted("s24.wav", "-ar 96000 -c:a pcm_s24le"),
    _converted("f32.wav", "-c:a pcm_f32le"),
    _converted("rf64.wav", "-c:a pcm_s16le -rf64 always"),
    _converted("pcm.w64", "-c:a pcm_s16le"),
    _converted("pcm.au", "-c:a pcm_s16be"),
    _converted("pcm.aiff", "-c:a pcm_s16be"),
    _converted("float.aiff", "-c:a pcm_f32be"),
    _converted("pcm.caf", "-c:a pcm_s16le"),
    _converted("alac.caf", "-c:a alac"),
    _converted("ima.caf", "-c:a adpcm_ima_qt -ar 44100"),
    _converted("opus.caf", "-c:a libopus"),
    _converted("cbr.mp3", "-c:a libmp3lame -b:a 96k"),
    _converted("low.mp3", "-ar 16000 -c:a libmp3lame -b:a 24k"),
    _converted("vbr.mp3", "-c:a libmp3lame -q:a 4"),
    _converted("vbr_bare.mp3", "-c:a libmp3lame -q:a 0 -write_xing 0 -id3v2_version 0"),
    _converted("layer2.mp2", "-c:a mp2"),
    _converted("adts.aac", "-c:a aac"),
    _converted("latm.loas", "-c:a aac -f latm"),
    _converted("plain.m4a", "-c:a aac"),
    _converted("alac.m4a", "-c:a alac"),
    _converted("fragments.m4a", f"-c:a aac {_LIVE}"),
    _converted("from10h.mp4", f"-c:a aac {_LIVE} -output_ts_offset 36000"),
    _converted("nb.amr", "-ar 8000 -c:a libopencore_amrnb"),
    _converted("nb.3gp", "-ar 8000 -c:a libopencore_amrnb"),
    _converted("opus.ogg", "-c:a libopus"),
    _converted("vorbis.ogg", "-c:a libvorbis"),
    _converted("flac.ogg", "-c:a flac"),
    _converted("speex.ogg", "-ar 16000 -c:a libspeex"),
    _converted("flac.flac", "-c:a flac"),
    _converted("opus.webm", "-c:a libopus"),
    _converted("live.webm", "-c:a libopus -live 1"),
    _converted("from10s.webm", "-c:a libopus -output_ts_offset 10"),
    _converted("from10h.webm", "-c:a libopus -output_ts_offset 36000"),
    _converted("ac3.mkv", "-c:a ac3"),
    _converted("pcm.mkv", "-c:a pcm_s16le"),
    _converted("wma2.wma", "-c:a wmav2"),
    _converted("wma1.wma", "-c:a wmav1"),
    _converted("aac.ts", "-c:a aac -f mpegts"),
    _converted("mp2.mpg", "-c:a mp2 -f mpeg"),
    _converted("pcm.vob", "-c:a ac3 -f vob"),
    _converted("pcm.avi", "-c:a pcm_s16le"),
    _converted("mp3.avi", "-c:a libmp3lame"),
    _converted("aac.flv", "-c:a aac -f flv"),
    _converted("nelly.flv", "-ar 22050 -c:a nellymoser -f flv"),
    _converted("ac3.ac3", "-c:a ac3"),
    _converted("eac3.eac3", "-c:a eac3"),
    _converted("dca.dts", "-ac 2 -c:a dca -strict -2"),
    _converted("tta.tta", "-c:a tta"),
    _converted("wavpack.wv", "-c:a wavpack"),
    _converted("pcm.voc", "-c:a pcm_u8 -ar 22050"),
    # Wrong headers, and data before and after the sound.
    _changed("size0.wav", "-c:a pcm_s16le", "a.wav", _with_size(b"data", 0)),
    _changed("sizemax.wav", "-c:a pcm_s16le", "a.wav", _with_size(b"data", 0xFFFFFFFF)),
    _changed("sizehalf.wav", "-c:a pcm_s16le", "a.wav", _with_size(b"data", 1_200_000)),
    _changed("size0.aiff", "-c:a pcm_s16be", "a.aiff", _with_size(b"SSND", 0, "big")),
    _changed("sizehalf.aiff", "-c:a pcm_s16be", "a.aiff", _with_size(b"SSND", 1_200_008, "big")),
    _changed(
        "sizehalf.au",
        "-c:a pcm_s16be",
        "a.au",
        lambda content: content[:8] + (1_200_000).to_bytes(4, "big") + content[12:],
    ),
    _changed("sizehalf.caf", "-c:a pcm_s16le", "a.caf", _with_size(b"data", 1_200_004, "big", 8)),
    _changed("zeros.wav", "-c:a pcm_s16le", "a.wav", lambda content: bytes(512) + content),
    _changed("id3.wav", "-c:a pcm_s16le", "a.wav", lambda content: b"ID3\4\0\0\0\0\2\0" + bytes(256) + content),
    _changed(
        "http.mp3",
        "-c:a libmp3lame",
        "a.mp3",
        lambda content: b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n" * 90 + content,
    ),
    _changed("http.m4a", "-c:a aac", "a.m4a", lambda content: b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n" + content),
    _changed(
        "form.wav",
        "-c:a pcm_s16le",
        "a.wav",
        lambda content: (
            b'------WebKitFormBoundaryA\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
            + content
            + b"\r\n------WebKitFormBoundaryA--\r\n"
        ),
    ),
    _changed(
        "noise.mp3",
        "-c:a libmp3lame",
        "a.mp3",
        lambda content: bytes(3000) + _noise(2000).replace(b"\xff", b"\0") + content,
    ),
    _changed(
        "chunks.wav",
        "-c:a pcm_s16le",
        "a.wav",
        lambda content: content + b"LIST\4\0\0\0INFO" + b"id3 \0\1\0\0" + bytes(256),
    ),
    _changed("padded.m4a", "-c:a aac", "a.m4a", lambda content: content + bytes(100_000)),
    # Channels and tracks.
    *(_converted(f"{name}.wav", f'-af "pan=stereo|{mix}" -c:a pcm_s16le') for name, mix in _STEREO.items()),
    _converted("nearly inverted.mp3", '-af "pan=stereo|c0=c0|c1=-0.97*c0" -c:a libmp3lame -b:a 128k'),
    _converted(
        "inverted from 12 s.wav",
        "-af \"pan=stereo|c0=c0|c1=c0,aeval='val(0)|if(gt(t,12),-1,1)*val(1)':c=same\" -c:a pcm_s16le",
    ),
    _converted("late.wav", '-af "pan=stereo|c0=c0|c1=c0,adelay=0|1" -c:a pcm_s16le -t 25'),
    _converted("late and inverted.wav", '-af "pan=stereo|c0=c0|c1=-1*c0,adelay=0|1" -c:a pcm_s16le -t 25'),
    _converted(
        "a speaker a channel.wav",
        "-af \"pan=stereo|c0=c0|c1=c0,aeval='if(lt(t,12),val(0),0)|if(lt(t,12),0,val(1))':c=same\" -c:a pcm_s16le",
    ),
    _converted("centre of six.wav", '-af "pan=5.1|FC=c0" -c:a pcm_s16le'),
    _converted("rear of six.wav", '-af "pan=5.1|BL=c0|BR=-1*c0" -c:a pcm_s16le'),
    _converted("base of six.m4a", '-af "pan=5.1|LFE=0*c0|FC=c0" -c:a aac'),
    _converted("four.wav", '-af "pan=quad|FL=0.2*c0|FR=0.2*c0|BL=c0|BR=-1*c0" -c:a pcm_s16le'),
    Kind("two tracks.mkv", (f"BASE BASE {_TWO} -c:a aac 'two tracks.mkv'",)),
    Kind("two tracks.mov", (f"BASE BASE {_TWO} -c:a aac 'two tracks.mov'",)),
    Kind("same twice.mkv", ("BASE BASE -map 0 -map 1 -c:a aac 'same twice.mkv'",)),
    Kind(
        "twice, once inverted.mkv",
        ("BASE BASE -filter_complex \"[1]aeval='-1*val(0)'[x]\" -map 0 -map [x] -c:a flac 'twice, once inverted.mkv'",),
    ),
    Kind(
        "three tracks.mkv",
        (f"BASE BASE -f lavfi -t 20 -i anullsrc=r=48000:cl=mono {_TWO} -map 2 -c:a aac 'three tracks.mkv'",),
    ),
    Kind("second is late.mkv", ("-t 12 BASE -ss 12 -itsoffset 12 BASE -map 0 -map 1 -c:a aac 'second is late.mkv'",)),
    Kind("second is late.mp4", ("-t 12 BASE -ss 12 -itsoffset 12 BASE -map 0 -map 1 -c:a aac 'second is late.mp4'",)),
    *(_with_unknown_track(which) for which in (0, 1)),
    # Joined parts.
    _joined("joined.wav", "-c:a pcm_s16le", "-c:a pcm_s16le"),
    _joined("three.wav", "-c:a pcm_s16le", "-ar 44100 -ac 2 -c:a pcm_s24le", "-ar 8000 -c:a pcm_mulaw"),
    _joined("joined.m4a", "-c:a aac", "-c:a aac"),
    _joined("three.m4a", "-c:a aac", "-ar 44100 -ac 2 -c:a aac -movflags faststart", "-c:a alac"),
    _joined("joined.aiff", "-c:a pcm_s16be", "-c:a pcm_s16be"),
    _joined("joined.caf", "-c:a pcm_s16le", "-c:a alac"),
    _joined("joined.w64", "-c:a pcm_s16le", "-c:a pcm_s16le"),
    _joined("joined.au", "-c:a pcm_s16be", "-c:a pcm_s16be"),
    _joined("joined.mp3", "-c:a libmp3lame -b:a 128k", "-c:a libmp3lame -b:a 128k"),
    _joined(
        "three.mp3",
        "-c:a libmp3lame -q:a 2",
        "-ar 44100 -ac 2 -c:a libmp3lame -b:a 64k",
        "-ar 16000 -c:a libmp3lame -b:a 32k",
    ),
    _joined("joined.aac", "-ar 8000 -c:a aac", "-ar 44100 -ac 2 -c:a aac"),
    _joined("three.aac", "-ar 44100 -c:a aac", "-ac 2 -c:a aac", "-ar 16000 -c:a aac"),
    _joined("joined.flac", "-c:a flac", "-c:a flac"),
    _joined("three.flac", "-c:a flac", "-ar 44100 -ac 2 -c:a flac", "-ar 8000 -c:a flac"),
    _joined("vorbis chain.ogg", "-c:a libvorbis", "-c:a libvorbis"),
    _joined("opus chain.ogg", "-c:a libopus", "-ac 2 -c:a libopus", "-c:a libopus"),
    _joined("joined.webm", "-c:a libopus", "-c:a libopus"),
    _joined("live.joined.webm", "-c:a libopus -live 1", "-c:a libopus -live 1", "-c:a libopus -live 1"),
    _joined("joined.amr", "-ar 8000 -c:a libopencore_amrnb", "-ar 8000 -c:a libopencore_amrnb"),
    _joined("joined.wma", "-c:a wmav2", "-c:a wmav2"),
    _joined("joined.ts", "-c:a aac -f mpegts", "-c:a aac -f mpegts"),
    _joined("joined.avi", "-c:a pcm_s16le", "-c:a pcm_s16le"),
    _joined("joined.flv", "-c:a aac -f flv", "-c:a aac -f flv"),
    _joined("fragments.joined.mp4", f"-c:a aac {_LIVE}", f"-c:a aac {_LIVE}"),
    # Edits and clocks.
    Kind("empty edit.m4a", ("BASE -c:a aac a.m4a", "-itsoffset 5 -i a.m4a -c copy 'empty edit.m4a'")),
    Kind("cut edit.m4a", ("BASE -c:a aac a.m4a", "-ss 4 -i a.m4a -c copy 'cut edit.m4a'"), seconds=21.0, shift=-4.0),
    Kind(
        "late sound.mp4",
        (f"{_BLACK}:d=30 -itsoffset 5 BASE -map 0 -map 1 -c:v mpeg4 -c:a aac 'late sound.mp4'",),
        seconds=30.0,
        shift=5.0,
    ),
    Kind(
        "longer picture.mp4",
        (f"{_BLACK}:d=40 BASE -map 0 -map 1 -c:v mpeg4 -c:a aac 'longer picture.mp4'",),
    ),
    Kind(
        "picture from 10 s.webm",
        (f"{_BLACK}:d=25 BASE -c:v libvpx -c:a libopus -output_ts_offset 10 'picture from 10 s.webm'",),
    ),
    _converted("pause.webm", "-af \"aselect='not(between(t,5,5.9))'\" -c:a libopus"),
    # Damage: a warning says how much is missing, and where.
    _changed(
        "cut off.wav",
        "-c:a pcm_s16le",
        "a.wav",
        lambda content: content[: int(0.6 * len(content))],
        seconds=15.0,
        lost=(15, 25),
    ),
    _changed(
        "cut off.aiff",
        "-c:a pcm_s16be",
        "a.aiff",
        lambda content: content[: int(0.6 * len(content))],
        seconds=15.0,
        lost=(15, 25),
    ),
    _changed(
        "cut off.mp3",
        "-c:a libmp3lame -b:a 96k",
        "a.mp3",
        lambda content: content[: int(0.6 * len(content))],
        seconds=15.0,
        lost=(15, 25),
    ),
    _changed(
        "cut off.flac",
        "-c:a flac",
        "a.flac",
        lambda content: content[: int(0.58 * len(content))],
        seconds=11.1,
        lost=(11.1, 25),
    ),
    _changed(
        "cut off.m4a",
        "-c:a aac -movflags faststart",
        "a.m4a",
        lambda content: content[: int(0.6 * len(content))],
        seconds=14.0,
        lost=(14, 25),
    ),
    _changed(
        "cut off.webm",
        "-c:a libopus",
        "a.webm",
        lambda content: content[: int(0.6 * len(content))],
        seconds=14.5,
        lost=(14.5, 25),
    ),
    _changed("zeros inside.m4a", "-c:a aac", "a.m4a", _with_zeros(0.3, 0.5), lost=(8.0, 11.0)),
    _changed(
        "zeros inside.mp3", "-c:a libmp3lame -b:a 96k", "a.mp3", _with_zeros(0.3, 0.5), seconds=20.0, lost=(7.5, 12.5)
    ),
    _changed("zeros inside.aac", "-c:a aac", "a.aac", _with_zeros(0.3, 0.5), seconds=21.2, lost=(7.0, 12.0)),
    _changed("zeros inside.flac", "-c:a flac", "a.flac", _with_zeros(0.3, 0.5), lost=(6.1, 10.1)),
    _changed("zeros inside.ogg", "-c:a libopus", "a.ogg", _with_zeros(0.3, 0.5), lost=(7.5, 12.5)),
    _changed("zeros inside.webm", "-c:a libopus", "a.webm", _with_zeros(0.3, 0.5), lost=(7.0, 14.9)),
    _changed("all zeros.m4a", "-c:a aac", "a.m4a", _with_zeros(0.02, 0.9), lost=(1.2, 22.2)),
    # Files that are no recordings, or that nothing can read.
    Kind("d.ds2", (), lambda folder: b"\x03ds2" + _noise(20_000), refused="ds2"),
    Kind("d.dss", (), lambda folder: b"\x02dss" + _noise(20_000), refused="dss"),
    Kind("silk.amr", (), lambda folder: b"\x02#!SILK_V3" + _noise(20_000), refused="silk"),
    Kind("sony.dvf", (), lambda folder: b"MS_VOICE" + _noise(20_000), refused="msv"),
    Kind("noise.bin", (), lambda folder: _noise(300_000), refused="unknown"),
    Kind("list.m3u8", (), lambda folder: b"#EXTM3U\n#EXTINF:1,\n/etc/hostname\n", refused="playlist"),
    Kind(
        "list in a download.m3u8",
        (),
        lambda folder: b"HTTP/1.1 200 OK\r\n\r\n#EXTM3U\n#EXTINF:1,\n/etc/hostname\n",
        refused="playlist",
    ),
    Kind("silent.mp4", (f"{_BLACK}:d=5 -c:v mpeg4 silent.mp4",), refused="no_sound"),
    _changed(
        "no index.m4a", "-c:a aac", "a.m4a", lambda content: content[: content.index(b"moov") - 4], refused="incomplete"
    ),
]
