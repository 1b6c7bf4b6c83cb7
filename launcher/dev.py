"""`cantomeet dev`: runs everything without a key against the stand-ins that ship with the program.

The stand-ins use HTTP on free ports of this machine and invent their answers without listening to any recording. Real
meetings must never meet them, so this mode has a data folder of its own, with its own database and Redis.
"""

from __future__ import annotations

import os
import secrets

from cantomeet.errors import SettingsError
from cantomeet.private import keep_private, make_folder
from cantomeet.settings import load_settings
from launcher import launch
from standins.openai.server import FakeOpenAI
from standins.speechmatics.server import FakeSpeechmatics

WARNING = """
  ############################################################################
  #  DEVELOPMENT: EVERY TRANSCRIPT AND SUMMARY IS INVENTED.                  #
  #  Two stand-ins on this machine answer instead of Speechmatics and an     #
  #  LLM. Nothing is recognised, leaves this machine, or is paid for.        #
  ############################################################################
"""
MODEL = "invented-by-the-stand-in"


def up() -> int:
    """Run everything in the folder `dev` of the data folder until SIGINT or SIGTERM; return the exit code.

    Raises `SettingsError` if another database or Redis is set.
    """
    keep_private()
    settings = load_settings()
    for name, value in (("DATABASE_URL", settings.database_url), ("REDIS_URL", settings.redis_url)):
        if value is not None:
            raise SettingsError(f"{name}: unset it; invented results belong in no database or queue but their own")
    folder = settings.data_dir / "dev"
    make_folder(folder)
    with (
        # Its jobs survive a restart, as a provider's would.
        FakeSpeechmatics(state=folder / "stand-in-speechmatics.jsonl") as speechmatics,
        FakeOpenAI(log=folder / "stand-in-openai.jsonl") as openai,
    ):
        os.environ.update(
            CANTOMEET_DATA_DIR=str(folder),
            SPEECHMATICS_API_KEY="no-key-is-needed",
            SPEECHMATICS_BASE_URL=speechmatics.url,
            OPENAI_API_KEY="no-key-is-needed",
            OPENAI_BASE_URL=openai.base_url,
            OPENAI_MODEL=MODEL,
            CANTOMEET_TRANSCRIBER="speechmatics",
            CANTOMEET_SUMMARIZER="llm",
            CANTOMEET_PUBLIC_URL=f"http://127.0.0.1:{settings.port}",
            CANTOMEET_WEBHOOK_SECRET=secrets.token_urlsafe(),
        )
        print(WARNING, flush=True)
        return launch.up()
