"""Commands: each is a function `f(services, actor, ...)`.

A command checks the actor's rights, makes its change in one transaction, and notifies open pages and the queue after
the commit. The API, the pages, the command line and bulk actions call these functions, and only convert input and
output.
"""

from __future__ import annotations

from cantomeet.service.services import QueueWatch, Services, open_services

__all__ = ["QueueWatch", "Services", "open_services"]
