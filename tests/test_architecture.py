"""The layout shows the architecture; these hold it."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Sequence
from configparser import ConfigParser
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OF_THE_WHOLE = {"e2e", "faults", "old_data"}
"""Folders of tests that belong to no package: the whole program runs in them."""
TASK = re.compile(r"worker\.tasks\.(\w+)")


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
    assert strangers(ROOT) == []


def test_a_test_outside_its_package_is_found(tmp_path: Path) -> None:
    for name, source in {
        "shop/till/coins.py": "",
        "tests/helping.py": "import shop.till.coins",
        "tests/shop/till/conftest.py": "import shop.till.coins\ndef drawer(): ...",
        "tests/shop/till/test_direct.py": "from shop.till import coins",
        "tests/shop/till/test_by_a_helper.py": "from tests.helping import anything",
        "tests/shop/till/test_by_a_fixture.py": "def test_it(drawer): ...",
        "tests/shop/till/test_as_a_command.py": "RUN = 'shop.till'",
        "tests/shop/till/test_elsewhere.py": "import shop\ndef test_it(tmp_path): ...",
        "tests/shop/attic/test_nothing_there.py": "import shop.attic",
        "tests/e2e/test_all.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    assert strangers(tmp_path) == [
        "tests/shop/attic/test_nothing_there.py: there is no package shop.attic",
        "tests/shop/till/test_elsewhere.py: does nothing with shop.till",
    ]


def test_the_jobs_the_queue_names_exist() -> None:
    import worker.tasks

    queue = ast.parse((ROOT / "cantomeet" / "queue.py").read_text(encoding="utf-8"))
    named = {match.group(1) for text in _strings(queue) if (match := TASK.fullmatch(text))}
    tasks = ast.parse((ROOT / "worker" / "tasks.py").read_text(encoding="utf-8"))
    defined = {node.name for node in tasks.body if isinstance(node, ast.FunctionDef)}
    assert named
    assert named == defined, "each job that the queue names exists, and each that exists is named"
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


def test_no_untyped_columns_cross_the_border_of_the_store() -> None:
    methods = {
        f"{path.name}: {kind.name}.{method.name}": method.args
        for path in (ROOT / "cantomeet/store").glob("*.py")
        for kind in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(kind, ast.ClassDef) and not kind.name.startswith("_")
        for method in kind.body
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")
    }
    assert len(methods) > 80
    for name, args in methods.items():
        taken = [*args.posonlyargs, *args.args, *args.kwonlyargs]
        assert all(ast.unparse(arg.annotation) != "Any" for arg in taken if arg.annotation), name
        columns = args.kwarg and args.kwarg.annotation
        assert columns is None or ast.unparse(columns).startswith("Unpack["), name


def strangers(root: Path) -> list[str]:
    """Test files whose folder mirrors no package, or that do nothing with the package whose folder they lie in."""
    found = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        parts = path.parent.relative_to(root / "tests").parts
        if not parts or parts[0] in OF_THE_WHOLE:
            continue
        package, name = ".".join(parts), str(path.relative_to(root))
        if not any(root.joinpath(*parts).glob("*.py")):
            found.append(f"{name}: there is no package {package}")
        elif not any(f"{named}.".startswith(f"{package}.") for named in _named_by(path, root)):
            found.append(f"{name}: does nothing with {package}")
    return found


def _named_by(path: Path, root: Path) -> set[str]:
    """The modules that a test file imports or starts by name, itself or by the helpers and fixtures it uses."""
    named: set[str] = set()
    files = [path, *_fixtures_of(path, root / "tests")]
    while files:
        new = _written_in(files.pop())
        helpers = {root / f"{module.replace('.', '/')}.py" for module in new - named if module.startswith("tests.")}
        files += [helper for helper in helpers if helper.exists()]
        named |= new
    return named


@cache
def _written_in(path: Path) -> set[str]:
    """What a file imports, and its strings. Helpers are asked for by many tests."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return _imported(tree) | _strings(tree)


def _fixtures_of(path: Path, tests: Path) -> list[Path]:
    """The conftest files above that define what a function of this file takes."""
    functions = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)]
    taken = {arg.arg for function in functions for arg in function.args.args}
    above = [folder / "conftest.py" for folder in path.parents if folder.is_relative_to(tests)]
    return [file for file in above if file.exists() and taken & _functions(file)]


@cache
def _functions(path: Path) -> set[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


def _imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _strings(tree: ast.AST) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
