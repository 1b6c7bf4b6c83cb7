"""Recordings are read in child processes under limits. Whatever a file does there, the caller gets a result."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from cantomeet import media
from cantomeet.errors import ErrorCode, PermanentError, RecordingRefused, TransientError
from cantomeet.media import child, ffmpeg, limits, reading, sniffing, talk
from tests import hostile
from tests.recordings_factory import make_recording
from tests.running import wait_for

MIB = 1024 * 1024
MANY = 1000 if os.environ.get("CANTOMEET_SOAK") else 50


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A recording long enough for several progress reports."""
    return make_recording(tmp_path / "long", "wav", 45.0)


def fork_server() -> psutil.Process:
    media.warm_up()
    process = reading._server._process
    assert process is not None
    return psutil.Process(process.pid)


def children() -> list[psutil.Process]:
    return fork_server().children()


def found_in(path: Path) -> str:
    with pytest.raises(RecordingRefused) as refused:
        media.probe(path)
    assert refused.value.status == 415
    return str(refused.value.params["found"])


def sending(number: int, times: int) -> Callable[[float], None]:
    """A progress callback that sends the child the signal `number` at its first `times` calls."""
    sent = 0

    def on_progress(_seconds: float) -> None:
        nonlocal sent
        if sent < times:
            sent += 1
            (reader,) = children()
            reader.send_signal(number)

    return on_progress


def test_a_small_file_with_a_table_of_millions_takes_no_memory_here(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(hostile.endless_table(b"stsz", 50_000_000, 0))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert found_in(path) == sniffing.TOO_COSTLY
    with pytest.raises(PermanentError) as failed:
        media.decode_to_wav(path, tmp_path / "sound")
    assert failed.value.code is ErrorCode.RECORDING_UNREADABLE
    assert failed.value.params["found"] == sniffing.TOO_COSTLY
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20 * 1024


@pytest.mark.parametrize(("memory", "code"), [(MIB, talk.TOO_MUCH_MEMORY), (1024 * MIB, 1)])
def test_a_child_checks_its_memory_itself_and_ends_with_its_parent(memory: int, code: int) -> None:
    """Not every kernel enforces a memory limit, or signals a child that its parent is gone."""
    ours, childs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        child._watch(childs.fileno(), limits.ChildLimits(memory, 1, 1))
    if code == 1:
        ours.close()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code
    ours.close()
    childs.close()


def test_a_file_that_takes_too_much_processor_time_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_DECODE_PROCESSOR", 0)
    path = tmp_path / "a"
    path.write_bytes(hostile.quiet_flac(4000.0))
    with pytest.raises(PermanentError) as failed:
        media.decode_to_wav(path, tmp_path / "sound")
    assert failed.value.params["found"] == sniffing.TOO_COSTLY
    assert list(tmp_path.iterdir()) == [path]
    wait_for(lambda: not children(), "the child's end")


def test_a_probe_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_PROBE_CLOCK", 0.0)
    assert found_in(make_recording(tmp_path / "a")) == sniffing.TOO_COSTLY
    assert not children()


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_crash_is_blamed_on_the_file_and_leaves_no_partial_file(number: int, long: Path, tmp_path: Path) -> None:
    with pytest.raises(PermanentError) as failed:
        media.decode_to_wav(long, tmp_path / "sound", sending(number, 1))
    assert failed.value.params["found"] == sniffing.CRASHING
    assert list(tmp_path.iterdir()) == [long]


def test_a_child_that_is_killed_once_is_tried_again(long: Path, tmp_path: Path) -> None:
    decoded = media.decode_to_wav(long, tmp_path / "sound", sending(signal.SIGKILL, 1))
    assert decoded.seconds == pytest.approx(45.0)


def test_killed_children_are_not_blamed_on_the_recording(long: Path, tmp_path: Path) -> None:
    with pytest.raises(TransientError) as failed:
        media.decode_to_wav(long, tmp_path / "sound", sending(signal.SIGKILL, 2))
    assert failed.value.code is ErrorCode.WORKER_DIED
    assert list(tmp_path.iterdir()) == [long]


def test_an_upload_whose_probe_is_killed_each_time_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_recording(tmp_path / "a")
    answer = reading._ChildCall._exchange

    def kill_first(asking: reading._ChildCall, talk: Connection) -> object:
        wait_for(children, "the child")[0].kill()
        return answer(asking, talk)

    monkeypatch.setattr(reading._ChildCall, "_exchange", kill_first)
    assert found_in(path) == sniffing.CUT_OFF


def test_the_fork_server_is_started_again_when_it_was_killed(long: Path, tmp_path: Path) -> None:
    first = fork_server()

    def kill_once(_seconds: float) -> None:
        with suppress(psutil.NoSuchProcess):
            first.kill()

    assert media.decode_to_wav(long, tmp_path / "sound", kill_once).seconds == pytest.approx(45.0)
    assert fork_server().pid != first.pid
    assert media.probe(long).format == "wav"


def test_a_signal_to_the_process_group_does_not_end_a_running_child(long: Path, tmp_path: Path) -> None:
    """Ctrl-C and a service manager's SIGTERM reach every process of the group."""

    def to_all(_seconds: float) -> None:
        for process in [fork_server(), *children()]:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                process.send_signal(number)

    assert media.measure(long, to_all).seconds == pytest.approx(45.0)


def test_an_exception_of_the_progress_callback_ends_the_child(long: Path, tmp_path: Path) -> None:
    def stop(_seconds: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        media.decode_to_wav(long, tmp_path / "sound", stop)
    assert list(tmp_path.iterdir()) == [long]
    assert not children()


_ASKER = """
import sys, time
from pathlib import Path
from cantomeet import media

def stay(seconds):
    print("under way", flush=True)
    time.sleep(60)

media.measure(Path(sys.argv[1]), stay)
"""


def test_no_process_is_left_when_the_caller_is_killed(long: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _ASKER, str(long)], stdout=subprocess.PIPE, text=True) as asker:
        assert asker.stdout is not None
        assert asker.stdout.readline() == "under way\n"
        below = psutil.Process(asker.pid).children(recursive=True)
        assert len(below) == 2
        asker.kill()
    wait_for(lambda: not any(process.is_running() for process in below), "the end of what it had started")


def test_a_fork_of_the_caller_has_a_fork_server_of_its_own(tmp_path: Path) -> None:
    path = make_recording(tmp_path / "a")
    ours = fork_server().pid
    pid = os.fork()
    if pid == 0:
        own = media.probe(path).format == "wav" and fork_server().pid != ours
        reading._server.stop()
        os._exit(0 if own else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert fork_server().pid == ours
    assert media.probe(path).format == "wav"


def test_several_probes_run_at_once(tmp_path: Path) -> None:
    paths = [make_recording(tmp_path / kind, kind) for kind in ("wav", "mp3", "m4a", "ogg")] * 4
    with ThreadPoolExecutor(8) as pool:
        assert [found.format for found in pool.map(media.probe, paths)] == [path.name for path in paths]
    wait_for(lambda: not children(), "the children's end")


def test_reading_processes_do_not_get_our_api_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    reading._server.stop()
    monkeypatch.setenv("SPEECHMATICS_API_KEY", "sesame-0123")
    assert "sesame-0123" not in "".join(fork_server().environ().values())
    reading._server.stop()


def test_an_error_of_the_system_is_raised_unchanged(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        media.probe(tmp_path)
    with pytest.raises(FileNotFoundError):
        media.probe(tmp_path / "nothing")


@pytest.mark.parametrize("kind", ["mp4", "mkv", "mov"])
def test_video_is_skipped_without_decoding(kind: str, tmp_path: Path) -> None:
    path = make_recording(tmp_path / "a", kind)
    with path.open("rb") as file, ffmpeg.opened(file) as container:
        (picture,) = container.streams.video
        assert len(list(container.demux(container.streams.audio[0]))) > 50
        assert picture.discard.name == "all"
        assert not picture.codec_context.is_open
    names = ffmpeg._OPTIONS["codec_whitelist"].split(",")
    assert {"aac", "mp3float", "opus", "flac", "pcm_s16le", "wmav2"} <= set(names)
    assert not {"h264", "hevc", "mpeg4", "mjpeg", "png", "ass", "subrip"} & set(names)


@pytest.mark.parametrize("job", [media.decode_to_wav, media.make_playback_copy, media.make_upload_copy])
def test_more_than_the_longest_recording_is_refused_and_nothing_of_it_is_kept(
    job: Callable[..., media.Decoded], tmp_path: Path
) -> None:
    source = make_recording(tmp_path / "a", "wav", 3.0)
    with pytest.raises(PermanentError) as failed:
        job(source, tmp_path / "made", longest_seconds=2.0)
    assert failed.value.code is ErrorCode.RECORDING_TOO_LONG
    assert list(tmp_path.iterdir()) == [source]


def test_gaps_count_all_together(tmp_path: Path) -> None:
    """Each jump could be silence, but two hundred of them exceed the limit."""
    path = tmp_path / "a"
    path.write_bytes(hostile.time_jumps(200, 500.0))
    with pytest.raises(PermanentError) as failed:
        media.measure(path, longest_seconds=4 * 3600.0)
    assert failed.value.code is ErrorCode.RECORDING_TOO_LONG
    assert failed.value.params["hours"] == "4"


def test_hostile_files_cost_the_caller_next_to_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a"
    media.probe(make_recording(path))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = 0
    for content in hostile.hostile(MANY):
        path.write_bytes(content)
        with suppress(RecordingRefused):
            media.probe(path)
            continue
        refused += 1
    assert refused > MANY // 4
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 60
    assert not children()


@pytest.mark.parametrize("seed", range(MANY // 5))
def test_a_hostile_file_is_decoded_or_refused(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(hostile.mutated(seed))
    started = time.process_time()
    with suppress(PermanentError):
        assert 0 < media.decode_to_wav(path, tmp_path / "sound").seconds <= media.LONGEST_SECONDS
    assert {found.name for found in tmp_path.iterdir()} <= {"a", "sound"}
    assert time.process_time() - started < 30
