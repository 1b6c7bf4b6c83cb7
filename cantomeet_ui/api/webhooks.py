"""What providers call: a call only ever means "look now", and says nothing that is believed."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from cantomeet.access import LOCAL_OWNER, Action, require
from cantomeet.errors import NotAllowed
from cantomeet_ui.api.deps import Deps, Provided

router = APIRouter(tags=["webhooks"])

_LONGEST_ID = 128


@router.post("/webhooks/speechmatics", status_code=204, response_class=Response)
def speechmatics(
    deps: Provided,
    job_id: Annotated[str, Query(alias="id")] = "",
    authorization: Annotated[str, Header(description="`Bearer` and our secret: the provider signs nothing.")] = "",
) -> None:
    """A job has ended, or so it says: its meeting is looked at now. Unknown ids and repeats change nothing."""
    _check(deps, authorization)
    if not job_id or len(job_id) > _LONGEST_ID or "\x00" in job_id:
        return
    meeting = deps.store.due_now_by_job(job_id)
    if meeting is not None:
        require(LOCAL_OWNER, Action.RETRY, meeting)
        deps.wake(meeting)


def _check(deps: Deps, authorization: str) -> None:
    """Raises `NotAllowed`, also where no secret is set: nobody was asked to call then."""
    secret = deps.settings.webhook_secret
    expected = "" if secret is None else f"Bearer {secret.get_secret_value()}"
    if secret is None or not hmac.compare_digest(authorization.encode(), expected.encode()):
        raise NotAllowed("the webhook's secret is missing or wrong")
