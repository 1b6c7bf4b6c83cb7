#!/usr/bin/env bash
# Starts the background side: the RQ workers and the rescuer. Settings come from the environment and .env.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
[ -x "$python" ] || python=python3
exec "$python" -m worker "$@"
