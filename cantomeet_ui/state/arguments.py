"""Checks the arguments of an event against the handler's annotations. They come from a browser or from any script."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from cantomeet.errors import InvalidRequest
from cantomeet.storable import fault_in

LARGEST = 2**31 - 1
"""The largest integer that the database's columns for versions and numbers hold."""
LONGEST = 200_000
"""Limit on the characters of a text. A whole glossary is one text."""
_SELF = object()


class Arguments:
    """The parameters of a handler, without its state."""

    def __init__(self, method: Callable[..., object]) -> None:
        self._method = method
        self._signature = inspect.signature(method)

    def check(self, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        """Raises `InvalidRequest` for arguments that are missing, unknown, of another type or too large."""
        try:
            given = self._signature.bind(_SELF, *args, **kwargs).arguments
        except TypeError:
            raise InvalidRequest("other arguments than the handler takes", field="arguments") from None
        for name, value in given.items():
            if value is not _SELF:
                self._check_one(name, value)

    def _check_one(self, name: str, value: object) -> None:
        wrong = fault_in(value, largest=LARGEST, longest=LONGEST)
        if wrong is not None:
            raise InvalidRequest(wrong[1], field=".".join(filter(None, (name, wrong[0]))))
        adapter = self._adapters.get(name)
        if adapter is not None:
            try:
                adapter.validate_python(value, strict=True)
            except ValidationError:
                raise InvalidRequest("of another type", field=name) from None

    @cached_property
    def _adapters(self) -> dict[str, TypeAdapter[object]]:
        """A validator for each annotated parameter. Built lazily, because annotations resolve only after the import."""
        hints = get_type_hints(self._method)
        taken = (name for name in self._signature.parameters if name in hints)
        return {name: TypeAdapter(hints[name], config=ConfigDict(strict=True)) for name in taken}
