"""The colours of assets/tokens.css have enough contrast, light and dark."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

TOKENS = (Path(__file__).parents[1] / "assets" / "tokens.css").read_text(encoding="utf-8")
WORDS = ("ink", "soft", "jade", "amber", "red")
GROUNDS = ("paper", "sheet", "jade-wash", "amber-wash", "red-wash")
ON_BUTTONS = (("on-jade", "jade"), ("on-jade", "jade-deep"), ("paper", "red"))
FRAMES = (("frame", "paper"), ("frame", "sheet"), ("jade", "paper"), ("jade", "sheet"))
"""Colours of field frames and focus rings, each with its background."""


def tokens(theme: str) -> dict[str, str]:
    """The colours of `:root` or `:root.dark`, by name."""
    begin = TOKENS.index(f"{theme} {{")
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", TOKENS[begin : TOKENS.index("}", begin)]))


def luminance(colour: str) -> float:
    """The relative luminance as WCAG 2 defines it, 0 to 1."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [":root", ":root.dark"])
@pytest.mark.parametrize(("words", "ground"), [*product(WORDS, GROUNDS), *ON_BUTTONS])
def test_words_can_be_read_on_each_ground(theme: str, words: str, ground: str) -> None:
    known = tokens(theme)
    assert contrast(known[words], known[ground]) >= 4.5


@pytest.mark.parametrize("theme", [":root", ":root.dark"])
@pytest.mark.parametrize(("frame", "ground"), FRAMES)
def test_frames_of_fields_can_be_seen(theme: str, frame: str, ground: str) -> None:
    known = tokens(theme)
    assert contrast(known[frame], known[ground]) >= 3


def test_no_other_file_names_a_colour_of_its_own() -> None:
    for sheet in Path(__file__).parents[1].joinpath("assets").glob("*.css"):
        written = sheet.read_text(encoding="utf-8")
        if sheet.name != "tokens.css":
            assert not re.search(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", written), sheet.name
