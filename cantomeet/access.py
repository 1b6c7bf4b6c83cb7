"""The one place that decides who may do what. For now the local owner may do everything; nobody else exists."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cantomeet.errors import NotAllowed


class Action(StrEnum):
    UPLOAD = "upload"
    LIST = "list"
    READ = "read"
    EDIT = "edit"
    RETRY = "retry"
    CANCEL = "cancel"
    DELETE = "delete"
    ADMINISTER = "administer"


class Owned(Protocol):
    """The part of a meeting on which a decision depends; both table rows and display rows have it."""

    @property
    def owner_id(self) -> str | None: ...


@dataclass(frozen=True)
class Actor:
    """`id` None is the local owner: the person at this machine."""

    id: str | None = None


LOCAL_OWNER = Actor()


def may(actor: Actor, action: Action, meeting: Owned | None = None) -> bool:
    """Whether `actor` may do `action`, to `meeting` if the action is about one."""
    if meeting is not None and meeting.owner_id != actor.id:
        return False
    return actor.id is None and action in Action


def require(actor: Actor, action: Action, meeting: Owned | None = None) -> None:
    """Raises `NotAllowed` if `may` returns False."""
    if not may(actor, action, meeting):
        raise NotAllowed(f"{action.value} is not allowed")
