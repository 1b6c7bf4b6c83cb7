"""The services of this process, which the pages' states and the API share."""

from __future__ import annotations

from functools import cache

from cantomeet.queue import JobQueue
from cantomeet.service import Services, open_services
from cantomeet.settings import Settings, load_settings


@cache
def settings() -> Settings:
    """The settings. Separate from `services`: building the pages must not create a database. Raises `SettingsError`."""
    return load_settings()


@cache
def job_queue() -> JobQueue:
    """The connection to the job queues."""
    return JobQueue.of(settings())


@cache
def services() -> Services:
    """The services that commands and queries take. Opens the store. Raises `SettingsError`."""
    return open_services(settings(), job_queue())
