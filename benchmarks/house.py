"""`python -m benchmarks.house [COMMIT]`: how large the code is, beside an earlier commit of it.

Prints, for that commit and for the working tree, lines of product code (Python without tests, benchmarks and
migrations), median and 90th percentile of the lines of files and functions, and lines that say `Any`.
"""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

ROOT = Path(__file__).resolve().parent.parent
_LEFT_OUT = ("tests/", "benchmarks/", "cantomeet/migrations/")
_ANY = re.compile(r"\bAny\b")


@dataclass(frozen=True)
class House:
    lines: int
    files: list[int]
    """Lines of each file that has any."""
    functions: list[int]
    """Lines of each function, decorators left out, nested ones for themselves too."""
    lines_with_any: int


def measure(sources: Iterator[str]) -> House:
    """Figures of these texts of Python files."""
    files, functions, lines_with_any = [], [], 0
    for source in sources:
        if not source:
            continue
        files.append(len(source.splitlines()))
        lines_with_any += sum(bool(_ANY.search(line)) for line in source.splitlines())
        functions += [
            (node.end_lineno or node.lineno) - node.lineno + 1
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]
    return House(sum(files), files, functions, lines_with_any)


def _is_product(path: str) -> bool:
    return path.endswith(".py") and not path.startswith(_LEFT_OUT)


def _of_commit(commit: str) -> Iterator[str]:
    for path in _git("ls-tree", "-r", "--name-only", commit).splitlines():
        if _is_product(path):
            yield _git("show", f"{commit}:{path}")


def _of_tree() -> Iterator[str]:
    for path in _git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if _is_product(path) and (ROOT / path).exists():
            yield (ROOT / path).read_text()


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def _spread(lengths: list[int]) -> str:
    return f"{statistics.median(lengths):.0f}/{statistics.quantiles(lengths, n=10)[-1]:.0f}"


def main(commit: Annotated[str, typer.Argument(help="To compare with.")] = "d96f0cb") -> None:
    """Print both columns and the ratio of the lines."""
    before, now = measure(_of_commit(commit)), measure(_of_tree())
    rows = [
        ("lines of Python", f"{before.lines:,}", f"{now.lines:,}"),
        ("files", str(len(before.files)), str(len(now.files))),
        ("lines a file, median/p90", _spread(before.files), _spread(now.files)),
        ("functions", str(len(before.functions)), str(len(now.functions))),
        ("lines a function, median/p90", _spread(before.functions), _spread(now.functions)),
        ("lines with Any", str(before.lines_with_any), str(now.lines_with_any)),
    ]
    print(f"{'':30}{commit:>12}{'now':>12}")
    for name, old, new in rows:
        print(f"{name:30}{old:>12}{new:>12}")
    print(f"lines, now to then: {now.lines / before.lines:.2f}")


if __name__ == "__main__":
    typer.run(main)
