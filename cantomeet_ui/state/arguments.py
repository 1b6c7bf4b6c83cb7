"""The arguments of an event, as they come from a browser or from any script: held to the handler's annotations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError

from cantomeet.errors import InvalidRequest
from cantomeet.storable import fault_in

LARGEST = 2**31 - 1
"""Of the columns that versions and numbers are looked for in."""
LONGEST = 200_000
"""Characters of a text; a whole glossary is one."""
_SELF = object()


class Arguments:
    """What a handler takes besides its state."""

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
        """Made at the first call: a module's annotations can only be read once it is whole."""
        hints = get_type_hints(self._method)
        taken = (name for name in self._signature.parameters if name in hints)
        return {name: TypeAdapter(hints[name], config=ConfigDict(strict=True)) for name in taken}
