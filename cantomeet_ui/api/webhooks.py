"""What providers call: a call only ever means "look now", and says nothing that is believed."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from cantomeet.errors import NotAllowed
from cantomeet.service import Services
from cantomeet.service.meetings import look_at_job
from cantomeet_ui.api.dependencies import Asker, Provided

router = APIRouter(tags=["webhooks"])

_LONGEST_ID = 128


@router.post("/webhooks/speechmatics", status_code=204, response_class=Response)
def speechmatics(
    services: Provided,
    actor: Asker,
    job_id: Annotated[str, Query(alias="id")] = "",
    authorization: Annotated[str, Header(description="`Bearer` and our secret: the provider signs nothing.")] = "",
) -> None:
    """A job has ended, or so it says: its meeting is looked at now. Unknown ids and repeats change nothing."""
    _check(services, authorization)
    if job_id and len(job_id) <= _LONGEST_ID and "\x00" not in job_id:
        look_at_job(services, actor, job_id)


def _check(services: Services, authorization: str) -> None:
    """Raises `NotAllowed`, also where no secret is set: nobody was asked to call then."""
    secret = services.settings.webhook_secret
    expected = "" if secret is None else f"Bearer {secret.get_secret_value()}"
    if secret is None or not hmac.compare_digest(authorization.encode(), expected.encode()):
        raise NotAllowed("the webhook's secret is missing or wrong")
