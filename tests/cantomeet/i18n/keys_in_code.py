"""The keys that the product's code asks the catalogue for, read from its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_PACKAGES = ("cantomeet", "cantomeet_ui", "launcher", "worker")
_CATALOGUE = _ROOT / "cantomeet" / "i18n"
_KEY_AT = {"text": 1, "counted": 1, "label": 0, "say": 0, "has_text": 0, "is_page_text": 0, "_filled": 0}
"""The position of the key among the arguments of the functions that take one."""
_ANY = "([^.]+)"
"""The open part of a key."""
_OWN = {"text": set(), "counted": {"count"}}
"""Parameters that a function fills in by itself."""


@dataclass(frozen=True)
class Use:
    """One call that asks for a text."""

    where: str
    pattern: str
    """A regular expression that fits the key, or each of the keys."""
    function: str
    params: frozenset[str] | None
    """None where they are not written out."""

    @property
    def is_fixed(self) -> bool:
        return _ANY not in self.pattern

    def fits(self, key: str) -> bool:
        stem = re.sub(r"\.(one|many)$", "", key) if self.function == "counted" else key
        return re.fullmatch(self.pattern, stem) is not None


def uses() -> list[Use]:
    """All calls whose key is written out, as a whole or but for a part of it."""
    return [use for path in _files() for use in _uses_in(path)]


def strings() -> frozenset[str]:
    """All strings in the code: a key may pass through a variable or a table on its way."""
    return frozenset(node.value for node in _nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str))


def open_keys() -> frozenset[str]:
    """Patterns of all strings in the code that are keys but for a part."""
    return frozenset(pattern for node in _nodes() if isinstance(node, ast.JoinedStr) for pattern in _patterns(node))


def settings() -> frozenset[str]:
    """The names of fields, as a setting is spelled in the environment."""
    fields = (node.target for node in _nodes() if isinstance(node, ast.AnnAssign))
    return frozenset(field.id.upper() for field in fields if isinstance(field, ast.Name))


def _files() -> Iterator[Path]:
    for package in _PACKAGES:
        for path in sorted((_ROOT / package).rglob("*.py")):
            if _CATALOGUE not in path.parents:
                yield path


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _nodes() -> list[ast.AST]:
    return [node for path in _files() for node in ast.walk(_tree(path))]


def _uses_in(path: Path) -> Iterator[Use]:
    for node in ast.walk(_tree(path)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        at = _KEY_AT.get(name)
        if at is None or len(node.args) <= at:
            continue
        for pattern in _patterns(node.args[at]):
            # SQLAlchemy's columns have a `label` too; the label of an export is a key with its subject.
            if name == "label" and "." not in pattern:
                continue
            yield Use(f"{path.relative_to(_ROOT)}:{node.lineno}", pattern, name, _params(node, name))


def _params(call: ast.Call, name: str) -> frozenset[str] | None:
    given = [keyword.arg for keyword in call.keywords]
    if name not in _OWN or None in given:
        return None
    return frozenset(filter(None, given)) | _OWN[name]


def _patterns(node: ast.AST) -> list[str]:
    """Of a string, an f-string, or a choice between two."""
    if isinstance(node, ast.IfExp):
        return [*_patterns(node.body), *_patterns(node.orelse)]
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [re.escape(node.value)]
    if isinstance(node, ast.JoinedStr):
        parts = (re.escape(p.value) if isinstance(p, ast.Constant) else _ANY for p in node.values)
        pattern = "".join(parts)
        # A key's subject is always written out: "{anything}.{else}" would fit every key.
        return [pattern] if re.match(r"[a-z_]+\\\.", pattern) else []
    return []
