"""Every error that this project raises on purpose, and the closed list of codes for people and clients.

The tree; each leaf says what the caller does::

    CantoMeetError
    ├── RequestError            the client must change something: answered with `status`, nothing is stored
    │   ├── NotFound            404
    │   ├── NotAllowed          403
    │   ├── InvalidRequest      422, `field` names the invalid field
    │   ├── Conflict            409 (a retry of a running meeting; 412: an edit of an older version)
    │   ├── Unavailable         503, no worker or no Redis
    │   └── RecordingRefused    400, 413, 415: empty, too large, not a recording
    ├── StorageFull             507, the client may try again when there is disk space
    ├── StepError               an error of a step
    │   ├── TransientError      retry later, after `retry_after` seconds if given
    │   └── PermanentError      the meeting is FAILED with `code`; a person removes the cause and retries
    ├── LeaseLost               another worker or person has the job: stop, change nothing
    └── SettingsError           refuse to start, say which setting
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum


class ErrorCode(StrEnum):
    """The closed list of codes. Their texts are in `cantomeet.i18n.reasons`; a test checks that it is complete."""

    # A request that is refused.
    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    FORBIDDEN_ORIGIN = "forbidden_origin"
    INVALID_REQUEST = "invalid_request"
    CONFLICT = "conflict"
    VERSION_CONFLICT = "version_conflict"
    COST_NOT_CONFIRMED = "cost_not_confirmed"
    WRONG_HOST = "wrong_host"
    UNKNOWN_ROUTE = "unknown_route"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    WRITTEN_UNAVAILABLE = "written_unavailable"
    VERSION_MISSING = "version_missing"
    REQUEST_FAILED = "request_failed"
    RECORDING_REMOVED = "recording_removed"
    NO_WORKER = "no_worker"
    QUEUE_AWAY = "queue_away"
    NOT_SET_UP = "not_set_up"
    WRONG_SETTING = "wrong_setting"
    # An upload that is refused.
    EMPTY_UPLOAD = "empty_upload"
    TOO_LARGE = "too_large"
    NOT_A_RECORDING = "not_a_recording"
    STORAGE_FULL = "storage_full"
    UPLOAD_BUSY = "upload_busy"
    KEY_REUSED = "key_reused"
    # A meeting that failed.
    CANCELLED = "cancelled"
    RECORDING_UNREADABLE = "recording_unreadable"
    RECORDING_TOO_LONG = "recording_too_long"
    RECORDING_MISSING = "recording_missing"
    RECOGNISER_UNAVAILABLE = "recogniser_unavailable"
    PROVIDER_KEY_REFUSED = "provider_key_refused"
    PROVIDER_FORBIDDEN = "provider_forbidden"
    PROVIDER_REJECTED = "provider_rejected"
    PROVIDER_JOB_GONE = "provider_job_gone"
    PROVIDER_UNREACHABLE = "provider_unreachable"
    PROVIDER_CERTIFICATE = "provider_certificate"
    PROVIDER_BUSY = "provider_busy"
    PROVIDER_BAD_ANSWER = "provider_bad_answer"
    MODEL_UNKNOWN = "model_unknown"
    MODEL_OUT_OF_TOKENS = "model_out_of_tokens"
    BUDGET_EXCEEDED = "budget_exceeded"
    DATABASE_BUSY = "database_busy"
    DATABASE_READ_ONLY = "database_read_only"
    DISK_FULL = "disk_full"
    STEP_TIMED_OUT = "step_timed_out"
    WORKER_DIED = "worker_died"
    STUCK = "stuck"
    INTERNAL = "internal"


class CantoMeetError(Exception):
    """`code` is an `ErrorCode`; `params` are the parameters of the text for people and never contain a secret."""

    code: ErrorCode = ErrorCode.INTERNAL

    def __init__(self, detail: str = "", *, code: ErrorCode | None = None, **params: str | int | float) -> None:
        super().__init__(detail or (code or self.code).value)
        if code is not None:
            self.code = code
        self.detail = detail
        self.params = params


class RequestError(CantoMeetError):
    status = 400
    code = ErrorCode.INVALID_REQUEST


class NotFound(RequestError):
    status = 404
    code = ErrorCode.NOT_FOUND


class NotAllowed(RequestError):
    status = 403
    code = ErrorCode.NOT_ALLOWED


class InvalidRequest(RequestError):
    """`also`: further invalid fields, each with its reason."""

    status = 422

    def __init__(self, detail: str, *, field: str, also: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(detail, field=field)
        self.field = field
        self.also = tuple(also)


class Conflict(RequestError):
    status = 409
    code = ErrorCode.CONFLICT


class KeyReused(Conflict):
    """The `Idempotency-Key` of an earlier upload was sent with something else."""

    code = ErrorCode.KEY_REUSED


class VersionConflict(Conflict):
    """The edit was made against an older version than the stored one."""

    status = 412
    code = ErrorCode.VERSION_CONFLICT


class Unavailable(RequestError):
    """No worker runs, or Redis does not answer."""

    status = 503
    code = ErrorCode.NO_WORKER


class RecordingRefused(RequestError):
    """The upload cannot be accepted; `status` is 400, 413 or 415."""

    def __init__(self, detail: str, *, code: ErrorCode, **params: str | int | float) -> None:
        super().__init__(detail, code=code, **params)
        self.status = {ErrorCode.EMPTY_UPLOAD: 400, ErrorCode.TOO_LARGE: 413}.get(code, 415)


class StorageFull(CantoMeetError):
    status = 507
    code = ErrorCode.STORAGE_FULL


class StepError(CantoMeetError):
    """An error of a step.

    `refused`: the provider surely accepted nothing, so no earlier submission has to be searched for.
    """

    refused = False


class TransientError(StepError):
    """`retry_after`: seconds until the next try that the provider requested, or None."""

    def __init__(
        self,
        detail: str = "",
        *,
        code: ErrorCode = ErrorCode.PROVIDER_UNREACHABLE,
        retry_after: float | None = None,
        **params: str | int | float,
    ) -> None:
        super().__init__(detail, code=code, **params)
        self.retry_after = retry_after


class PermanentError(StepError):
    """A retry would fail again unless a person changes something."""


class LeaseLost(CantoMeetError):
    """The job's `run` was raised: another worker, a retry, a cancel or a deletion has the job."""


class SettingsError(CantoMeetError):
    """A setting is unsafe or invalid; the text is for operators, in English, and begins with the setting's name."""

    code = ErrorCode.WRONG_SETTING

    @property
    def setting(self) -> str:
        """The environment variable with which the text begins; empty if it names none."""
        named = re.match(r"[A-Z]+(_[A-Z0-9]+)+|[a-z]+_proxy", self.detail)
        return named[0] if named else ""
