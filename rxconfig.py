"""Reflex's configuration. The port is baked into the pages' build, so it is the same setting as the server's."""

import reflex as rx
from reflex.plugins import SitemapPlugin

from cantomeet.settings import load_settings

_settings = load_settings()
_port = _settings.port

config = rx.Config(
    app_name="cantomeet_ui",
    frontend_port=_port,
    backend_port=_port,
    backend_host=_settings.host,
    api_url=f"http://localhost:{_port}",
    deploy_url=f"http://localhost:{_port}",
    # Also what the socket takes as its page's origin.
    cors_allowed_origins=[f"http://localhost:{_port}", f"http://127.0.0.1:{_port}"],
    telemetry_enabled=False,
    # What a page shows is never written to the disk: it would outlive a deleted meeting, and after a restart pages load
    # again anyway. There is one web process.
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    show_built_with_reflex=False,
    disable_plugins=[SitemapPlugin],
)
