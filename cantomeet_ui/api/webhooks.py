"""Webhooks for providers. A call only triggers a poll; its content is not trusted."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from cantomeet.errors import NotAllowed
from cantomeet.service import Services
from cantomeet.service.meetings import poll_job
from cantomeet_ui.api.dependencies import CurrentActor, CurrentServices

router = APIRouter(tags=["webhooks"])

_LONGEST_ID = 128


@router.post("/webhooks/speechmatics", status_code=204, response_class=Response)
def speechmatics(
    services: CurrentServices,
    actor: CurrentActor,
    job_id: Annotated[str, Query(alias="id")] = "",
    authorization: Annotated[str, Header(description="`Bearer` and our secret. The provider signs nothing.")] = "",
) -> None:
    """Poll the job of a meeting now, because the provider says that it has ended. Unknown ids are ignored."""
    _check(services, authorization)
    if job_id and len(job_id) <= _LONGEST_ID and "\x00" not in job_id:
        poll_job(services, actor, job_id)


def _check(services: Services, authorization: str) -> None:
    """Raises `NotAllowed` if the secret is wrong, or if none is set: then no webhook was requested."""
    secret = services.settings.webhook_secret
    expected = "" if secret is None else f"Bearer {secret.get_secret_value()}"
    if secret is None or not hmac.compare_digest(authorization.encode(), expected.encode()):
        raise NotAllowed("the webhook's secret is missing or wrong")
