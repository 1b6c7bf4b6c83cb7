"""Values that any database and any answer can hold."""

from __future__ import annotations

from typing import Any

import pytest

from cantomeet.storable import fault_in


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("\x00", ""),
        ("\ud800", ""),
        ({"a": [1, {"b": "\udfff"}]}, "a.b"),
        ({"a\x00": 1}, ""),
        ({"n": 2**63}, "n"),
        ({"n": -(2**63)}, "n"),
        ({"n": float("nan")}, "n"),
        ({"n": float("inf")}, "n"),
        ({str(n): n for n in range(1001)}, ""),
    ],
)
def test_a_value_that_cannot_be_kept_is_named(value: Any, place: str) -> None:
    found = fault_in(value)
    assert found is not None
    assert found[0] == place


def test_endless_nesting_is_found_without_recursion() -> None:
    lists: Any = []
    names: Any = {}
    for _ in range(5000):
        lists, names = [lists], {"a": names}
    assert fault_in(lists) == ("", "too deep")
    assert fault_in(names) == (".".join("a" * 33), "too deep")


def test_checking_very_many_values_ends_early() -> None:
    assert fault_in([1] * 50_001) == ("", "at most 50000 values")
    assert fault_in({"a": [[1] * 100] * 501}) == ("a", "at most 50000 values")
    assert fault_in([{"a": 1}] * 20_000) is None


@pytest.mark.parametrize("value", ["", "早晨\n", 2**63 - 1, None, True, 1.5, [], {"a": [{"b": "🀄"}]}, [[1], "x"]])
def test_all_other_values_are_kept(value: Any) -> None:
    assert fault_in(value) is None
