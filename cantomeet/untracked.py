"""Tells libraries not to report home or look for updates, before any of them is loaded."""

from __future__ import annotations

import os

OPT_OUTS = {
    # onnxruntime, loaded by faster-whisper's VAD, reports to its maker and writes a device id into the home folder.
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "REFLEX_TELEMETRY_ENABLED": "false",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    # FastAPI and redis-py carry OpenTelemetry's interface, which would find an exporter that is installed beside them.
    "OTEL_SDK_DISABLED": "true",
    # bun's crash reports, and whatever else heeds https://donottrack.sh/.
    "DO_NOT_TRACK": "1",
    "NO_UPDATE_NOTIFIER": "1",
}


def opt_out() -> None:
    """Set it for this process and all that it starts. Only the settings decide what leaves this machine."""
    os.environ.update(OPT_OUTS)
