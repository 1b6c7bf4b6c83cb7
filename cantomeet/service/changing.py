"""How every command changes something: allowed? One transaction. Then tell open pages and the queue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from cantomeet.access import Action, Actor, require
from cantomeet.models import Meeting
from cantomeet.service.services import Services
from cantomeet.store.transaction import Transaction, writing

_log = logging.getLogger(__name__)


class Change:
    """A transaction under way, and who is told of it once it is committed."""

    def __init__(self, services: Services, tx: Transaction) -> None:
        self.tx = tx
        self._services = services
        self._tell: list[Callable[[], object]] = []

    def publish(self, meeting: Meeting) -> Meeting:
        """Open pages are told that the meeting has another version."""
        self._tell.append(partial(self._services.publish, meeting.id, meeting.version))
        return meeting

    def publish_all(self) -> None:
        """Pages that show many meetings are told to look again."""
        self._tell.append(partial(self._services.publish, "", 0))

    def wake(self, meeting: Meeting) -> Meeting:
        """The queue is asked for the meeting's next step, and open pages are told."""
        self._tell.append(partial(self._services.wake, meeting))
        return self.publish(meeting)

    def wake_written(self, meeting: Meeting) -> None:
        """The queue is asked for the next step of the meeting's written view, and open pages are told."""
        self._tell.append(partial(self._services.wake_written, meeting.id))
        self.publish(meeting)

    def committed(self) -> None:
        """Tell them, now or when the services say."""
        if self._tell:
            self._services.defer(self._tell_all)

    def _tell_all(self) -> None:
        for tell in self._tell:
            try:
                tell()
            except Exception:
                # The change is committed: the rescuer wakes what nobody woke, and pages look by themselves.
                _log.exception("a committed change could not be told")


@contextmanager
def changing(services: Services, actor: Actor, action: Action) -> Iterator[Change]:
    """Raises `NotAllowed`. What the block raises rolls everything back, and nobody is told."""
    require(actor, action)
    with writing(services.store) as tx:
        change = Change(services, tx)
        yield change
    change.committed()


@contextmanager
def changing_meeting(
    services: Services, actor: Actor, action: Action, meeting_id: str
) -> Iterator[tuple[Change, Meeting]]:
    """The same for one meeting, as it is at the beginning of the transaction. Raises `NotFound`, `NotAllowed`."""
    with changing(services, actor, action) as change:
        meeting = change.tx.get(meeting_id)
        require(actor, action, meeting)
        yield change, meeting
