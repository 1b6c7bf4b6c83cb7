"""Opens the transaction of a command after a check of the actor's rights, and sends notifications after the commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from cantomeet.access import Action, Actor, require
from cantomeet.models import Meeting
from cantomeet.service.services import Services
from cantomeet.store import Transaction

_log = logging.getLogger(__name__)


class Change:
    """An open transaction, and the notifications to send once it is committed."""

    def __init__(self, services: Services, tx: Transaction) -> None:
        self.tx = tx
        self._services = services
        self._notifications: list[Callable[[], object]] = []

    def publish(self, meeting: Meeting) -> Meeting:
        """Notify open pages of the meeting's new version."""
        self._notifications.append(partial(self._services.publish, meeting.id, meeting.version))
        return meeting

    def publish_all(self) -> None:
        """Notify pages that show several meetings."""
        self._notifications.append(partial(self._services.publish, "", 0))

    def wake(self, meeting: Meeting) -> Meeting:
        """Enqueue the meeting's next step, and notify open pages."""
        self._notifications.append(partial(self._services.wake, meeting))
        return self.publish(meeting)

    def wake_written(self, meeting: Meeting) -> None:
        """Enqueue the next step of the meeting's written view, and notify open pages."""
        self._notifications.append(partial(self._services.wake_written, meeting.id))
        self.publish(meeting)

    def committed(self) -> None:
        """Send the notifications, through `Services.defer`."""
        if self._notifications:
            self._services.defer(self._notify)

    def _notify(self) -> None:
        for notification in self._notifications:
            try:
                notification()
            except Exception:
                # The change is committed. The rescuer enqueues due jobs, and pages read by themselves.
                _log.exception("a notification of a committed change failed")


@contextmanager
def changing(services: Services, actor: Actor, action: Action) -> Iterator[Change]:
    """A transaction for a command. Raises `NotAllowed`.

    An exception in the block rolls everything back, and no notification is sent.
    """
    require(actor, action)
    with services.store.write() as tx:
        change = Change(services, tx)
        yield change
    change.committed()


@contextmanager
def changing_meeting(
    services: Services, actor: Actor, action: Action, meeting_id: str
) -> Iterator[tuple[Change, Meeting]]:
    """As `changing`, with one meeting as of the start of the transaction. Raises `NotFound`, `NotAllowed`."""
    with changing(services, actor, action) as change:
        meeting = change.tx.meetings.get(meeting_id)
        require(actor, action, meeting)
        yield change, meeting
