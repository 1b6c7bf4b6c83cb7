"""The index in this package's docstring names every fault, and only tests that exist."""

from __future__ import annotations

import importlib
import re

from tests import faults

FAULTS = range(1, 20)


def test_every_fault_is_in_the_index_with_tests_that_exist() -> None:
    index = faults.__doc__ or ""
    numbered = [int(number) for number in re.findall(r"^(\d+) ", index, re.MULTILINE)]
    assert numbered == list(FAULTS)
    for part in re.split(r"^(?=\d+ )", index, flags=re.MULTILINE)[1:]:
        named = re.findall(r"^    ([\w.]+)::(\w+)$", part, re.MULTILINE)
        assert named, f"no test for: {part}"
        for module, test in named:
            found = importlib.import_module(module if "." in module else f"tests.faults.{module}")
            assert callable(getattr(found, test, None)), f"{module}::{test} does not exist"
