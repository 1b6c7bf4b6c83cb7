"""The layout shows the architecture; these hold it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Sequence
from configparser import ConfigParser
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
        "periodic_task",
    }
    assert all(callable(getattr(worker.tasks, name)) for name in named)


def test_every_package_is_inside_the_contracts() -> None:
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    shipped = {folder.parent.name for folder in ROOT.glob("*/__init__.py")} - {"tests"}
    assert shipped == set(contracts["importlinter"]["root_packages"].split())


def naming(name: str, packages: Sequence[str]) -> set[str]:
    """The modules of these packages whose code has the name or attribute."""
    found = set()
    for path in (path for package in packages for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if name in (getattr(node, "attr", None), getattr(node, "id", None)):
                found.add(str(path.relative_to(ROOT)))
    return found


def test_the_local_owner_is_named_where_a_request_gets_its_actor_and_nowhere_else() -> None:
    assert naming("LOCAL_OWNER", ["cantomeet", "cantomeet_ui", "launcher", "worker"]) == {
        "cantomeet/access.py",
        "cantomeet_ui/actor.py",
    }


def test_pages_and_routes_reach_the_store_through_commands_and_queries_alone() -> None:
    assert naming("store", ["cantomeet_ui"]) == {
        # Whether the database answers is no command and no query.
        "cantomeet_ui/api/health.py",
        # The rescuer works on the store as the worker does.
        "cantomeet_ui/rescuing.py",
        "cantomeet_ui/wiring.py",
    }


def test_no_untyped_columns_cross_the_border_of_a_command_or_query() -> None:
    for path in (*(ROOT / "cantomeet/service").glob("*.py"), *(ROOT / "cantomeet/queries").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                assert node.args.kwarg is None, (path.name, node.name)
                assert "Any" not in ast.unparse(node.args), (path.name, node.name)
