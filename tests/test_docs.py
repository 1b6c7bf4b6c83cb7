"""README.md and docs/ are held to what they describe: settings, routes, imports, commands, packages, links."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import grimp
import pytest

from cantomeet.service import Services
from cantomeet.settings import Settings
from cantomeet.storage import FolderStorage
from cantomeet.store import Database
from cantomeet_ui.api.app import build_api
from launcher.cli import app
from tests.running import ROOT

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
LINKING = [*PAGES, ROOT / "CHANGELOG.md", ROOT / "NOTICES.md", ROOT / "benchmarks" / "data" / "README.md"]
PACKAGES = ("cantomeet", "cantomeet_ui", "launcher", "standins", "worker")
DRAWN_INSIDE = ("cantomeet_ui", "cantomeet", "worker", "worker.providers")
"""Packages whose parts docs/packages.md draws."""
UNDESCRIBED = {("GET", "/api/openapi.json"), ("HEAD", "/api/meetings/{meeting_id}/audio")}
"""Routes that the API's own description leaves out."""
Edges = dict[tuple[str, str], str]
"""Who imports whom, with one import that shows it."""


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _prose(page: Path) -> str:
    """Without blocks of code, in which nothing is a heading or a link."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def _rows(page: Path) -> Iterator[list[str]]:
    """The cells of each row of each table."""
    for line in page.read_text().splitlines():
        if line.startswith("|"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def _anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", _prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _links(page: Path) -> list[str]:
    found = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", _prose(page))
    return [link or attribute for link, attribute in found if "://" not in (link or attribute)]


@pytest.mark.parametrize("page", LINKING, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in _links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_readme_is_short_and_leads_to_every_page() -> None:
    readme = ROOT / "README.md"
    assert len(readme.read_text().splitlines()) < 150
    assert {f"docs/{page.name}" for page in DOCS.glob("*.md")} <= {link.partition("#")[0] for link in _links(readme)}


def test_pictures_are_small_and_shown() -> None:
    pictures = {f"docs/pictures/{picture.name}": picture for picture in (DOCS / "pictures").iterdir()}
    assert set(pictures) <= set(_links(ROOT / "README.md"))
    assert {name for name, picture in pictures.items() if picture.stat().st_size > 150_000} == set()


def _settings() -> dict[str, Any]:
    """Fields by environment variable."""
    return {
        str(name): field
        for field in Settings.model_fields.values()
        for name in field.validation_alias.choices  # type: ignore[union-attr]  # all are AliasChoices
    }


def _setting_rows() -> dict[str, list[str]]:
    return {row[0].strip("`"): row for row in _rows(DOCS / "settings.md") if len(row) == 4 and row[0].startswith("`")}


def test_the_settings_page_lists_every_setting_and_no_other() -> None:
    told, there = set(_setting_rows()), set(_settings())
    assert told == there, f"docs/settings.md lacks {sorted(there - told)}; no setting: {sorted(told - there)}"


@pytest.mark.parametrize("name", sorted(_settings()))
def test_the_settings_page_states_default_and_bounds(name: str) -> None:
    field, (_, default, takes, _) = _settings()[name], _setting_rows()[name]
    assert default == _default(field.default), f"docs/settings.md: the default of {name}"
    options = {str(option) for option in get_args(field.annotation) if isinstance(option, str)}
    assert options <= set(re.findall(r"`([^`]+)`", default + takes)), f"docs/settings.md: what {name} takes"
    limits = [getattr(limit, kind) for limit in field.metadata for kind in ("ge", "gt", "le") if hasattr(limit, kind)]
    told = set(re.findall(r"\d+(?:\.\d+)?", re.sub(r"`[^`]*`", "", takes)))
    assert told == {f"{limit:.15g}" for limit in limits}, f"docs/settings.md: the bounds of {name}"


def _default(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


@pytest.mark.parametrize("page", [*PAGES, ROOT / ".env.example"], ids=_name)
def test_no_page_names_a_setting_that_there_is_not(page: Path) -> None:
    named = set(re.findall(r"\b(?:CANTOMEET|OPENAI|SPEECHMATICS)_[A-Z_]+\b", page.read_text()))
    assert named - set(_settings()) - {"CANTOMEET_SOAK"} == set()


def test_the_api_page_lists_every_route_and_no_other(sqlite_store: Database, tmp_path: Path) -> None:
    deps = Services(Settings(_env_file=None), sqlite_store, FolderStorage(tmp_path, 1), wake=lambda meeting: None)
    described = build_api(deps).openapi()["paths"]
    there = {(method.upper(), path) for path, methods in described.items() for method in methods} | UNDESCRIBED
    told = {
        (row[0].strip("`"), row[1].strip("`"))
        for row in _rows(DOCS / "api.md")
        if len(row) == 3 and row[1].startswith("`")
    }
    assert told == there, f"docs/api.md lacks {sorted(there - told)}; no route: {sorted(told - there)}"


def _drawn() -> set[tuple[str, str]]:
    blocks = re.findall(r"```mermaid\n(.*?)```", (DOCS / "packages.md").read_text(), re.DOTALL)
    return {edge for block in blocks for edge in re.findall(r"^ *([\w.]+) --> ([\w.]+)$", block, re.MULTILINE)}


def _imported() -> Edges:
    """Between top packages, and between the parts of each package that is drawn inside."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    found: Edges = {}
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            for package in ("", *DRAWN_INSIDE):
                edge = (_part(graph, importer, package), _part(graph, imported, package))
                if all(edge) and edge[0] != edge[1]:
                    found.setdefault(edge, f"{importer} imports {imported}")
    return found


def _part(graph: grimp.ImportGraph, module: str, package: str) -> str:
    """The part of `package` that the module is in: a package in it, or itself; "" where it is in none."""
    if not package:
        return module.partition(".")[0]
    if module != package and not module.startswith(f"{package}."):
        return ""
    part = ".".join(module.split(".")[: package.count(".") + 2])
    return part if graph.find_children(part) else package


def test_the_drawing_of_packages_shows_the_imports_that_there_are() -> None:
    imported, drawn = _imported(), _drawn()
    missing = [f"    {a} --> {b}  ({imported[a, b]})" for a, b in sorted(imported.keys() - drawn)]
    needless = [f"    {a} --> {b}" for a, b in sorted(drawn - imported.keys())]
    told = ["add to docs/packages.md:", *missing] if missing else []
    told += ["delete from docs/packages.md:", *needless] if needless else []
    assert not told, "\n".join(told)


def test_every_package_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    needed = {re.split(r"[\[<>=]", requirement)[0] for requirement in wanted}
    told = {name for row in _rows(DOCS / "decisions.md") for name in re.findall(r"^`.*`$", row[0]) if len(row) == 2}
    named = {name.strip("` ") for cell in told for name in cell.split(",")}
    assert needed == named, f"docs/decisions.md lacks {sorted(needed - named)}; not used: {sorted(named - needed)}"


def test_operating_tells_every_command() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    told = set(re.findall(r"^\| .*`cantomeet (\w+)", (DOCS / "operating.md").read_text(), re.MULTILINE))
    assert told == commands


@pytest.mark.parametrize("page", LINKING, ids=_name)
def test_commands_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets
    modules = set(re.findall(r"python -m ((?:benchmarks|tests|worker)[\w.]*)", text))
    assert {module for module in modules if find_spec(module) is None} == set()


def test_figures_tell_how_every_benchmark_is_run() -> None:
    there = {path for path in (ROOT / "benchmarks").rglob("*.py") if '__name__ == "__main__"' in path.read_text()}
    there |= set((ROOT / "benchmarks").rglob("__main__.py"))
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__") for path in there}
    told = set(re.findall(r"python -m (benchmarks[\w.]*)", (DOCS / "figures.md").read_text()))
    assert told == names
