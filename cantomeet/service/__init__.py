"""What people do: each command is one function `f(services, actor, ...)`.

It asks whether the actor may do it, does it in one transaction, and tells open pages and the queue after the commit.
The API, the pages, the command line and bulk actions call these functions and add only their own form of input and
answer.
"""

from __future__ import annotations

from cantomeet.service.services import QueueWatch, Services, open_services

__all__ = ["QueueWatch", "Services", "open_services"]
