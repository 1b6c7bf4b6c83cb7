"""This process's services: the pages' states and the routes share them."""

from __future__ import annotations

from functools import cache

from cantomeet.queue import JobQueue
from cantomeet.service import Services, open_services
from cantomeet.settings import Settings, load_settings


@cache
def settings() -> Settings:
    """Apart from the rest, because building the pages must not make a database. Raises `SettingsError`."""
    return load_settings()


@cache
def job_queue() -> JobQueue:
    """The queues and their workers."""
    return JobQueue(settings().effective_redis_url)


@cache
def services() -> Services:
    """What commands and queries take. Raises `SettingsError`."""
    return open_services(settings(), job_queue())
