"""`make dev`: the cloud path from upload to summary without a key. Its results are labelled as invented."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from launcher.cli import app
from standins.openai.server import read_log as model_log
from standins.speechmatics.server import read_log
from tests.running import PATIENCE, ROOT, wait_for
from tests.sound import tone
from tests.upload_server import free_port


def test_a_recording_goes_through_the_stand_ins_to_its_summary_and_everything_stops_together(tmp_path: Path) -> None:
    port = int(os.environ.get("CANTOMEET_E2E_PORT") or free_port())
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("CANTOMEET_", "OPENAI_", "SPEECHMATICS_"))}
    environment = {**kept, "CANTOMEET_DATA_DIR": str(tmp_path / "data"), "CANTOMEET_PORT": str(port)}
    command = [sys.executable, "-c", "from launcher.cli import app; app()", "dev"]
    told = (tmp_path / "told").open("w+")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stdout=told)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(url, process), "the web", 300)
        wait_for(lambda: "stop              Ctrl-C" in (tmp_path / "told").read_text(), "the greeting")
        assert "EVERY TRANSCRIPT AND SUMMARY IS INVENTED" in (tmp_path / "told").read_text()
        tone(tmp_path / "a.wav", 30.0)
        with (tmp_path / "a.wav").open("rb") as file:
            sent = httpx.post(f"{url}/meetings/upload", files={"file": ("a.wav", file)}, timeout=60, trust_env=False)
        meeting_id = sent.json()["id"]
        meeting = wait_for(lambda: ended(url, meeting_id), "the meeting's end", 2 * PATIENCE)
        assert (meeting["status"], meeting["summary"]["method"]) == ("COMPLETED", "llm"), meeting["status_reason"]
        assert meeting["segments"]
        assert "invented" in meeting["transcriber"], "the page says so too"
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(180) == 0
        told.close()
    assert not psutil.wait_procs(children, timeout=30)[1]
    events = [line["event"] for line in read_log(tmp_path / "data" / "dev" / "stand-in-speechmatics.jsonl")]
    assert events.count("accepted") == 1
    assert "notified" in events, "the webhook is part of the path"
    assert any(line["paid"] for line in model_log(tmp_path / "data" / "dev" / "stand-in-openai.jsonl"))


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_a_setting_of_a_real_database_or_redis_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CANTOMEET_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / ".env").write_text(
        f"{name}={'sqlite:///real.db' if name == 'DATABASE_URL' else 'redis://127.0.0.1:1'}\n"
    )
    refused = CliRunner().invoke(app, ["dev"])
    assert refused.exit_code == 2
    assert f"{name}: unset it" in refused.output
    assert not (tmp_path / "data").exists()


def answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "it ended by itself"
    try:
        return bool(ask(f"{url}/health"))
    except OSError:
        return False


def ended(url: str, meeting_id: str) -> dict[str, Any] | None:
    meeting = ask(f"{url}/api/meetings/{meeting_id}")
    return meeting if meeting["status"] in ("COMPLETED", "FAILED") else None


def ask(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found
