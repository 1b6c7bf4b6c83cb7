"""The layout shows the architecture; these hold it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_lock_files_name_no_address() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / lock).read_text()


def test_tests_folders_mirror_the_packages() -> None:
    for folder in (ROOT / "tests").rglob("*"):
        if folder.is_dir() and any(folder.glob("test_*.py")):
            assert (folder / "__init__.py").exists(), folder


def test_the_jobs_the_queue_names_exist() -> None:
    import worker.tasks

    named = {
        "transcribe_meeting_task",
        "summarize_meeting_task",
        "delete_meeting_task",
        "write_view_task",
        "delete_leftover_task",
        "check_provider_task",
        "periodic_task",
    }
    assert all(callable(getattr(worker.tasks, name)) for name in named)
