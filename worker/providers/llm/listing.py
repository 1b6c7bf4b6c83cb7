"""Reads an endpoint's list of models and finds the configured one in it."""

from __future__ import annotations

import json

_LISTS = ("data", "models")
_NAMES = ("id", "name", "model", "key")
_DEFAULT_TAG = ":latest"


def listed_models(body: bytes) -> frozenset[str]:
    """Return the listed names; empty if the list is missing, incomplete or in an unknown form."""
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError):
        return frozenset()
    if isinstance(answer, dict):
        if answer.get("has_more") or answer.get("next_page_token"):
            return frozenset()
        answer = next((answer[name] for name in _LISTS if isinstance(answer.get(name), list)), [])
    models = answer if isinstance(answer, list) else []
    return frozenset(found for model in models for found in _names(model))


def _names(model: object) -> list[str]:
    if isinstance(model, str):
        return [model]
    found = [model.get(name) for name in _NAMES] if isinstance(model, dict) else []
    aliases = model.get("aliases") if isinstance(model, dict) else None
    return [name for name in (*found, *(aliases if isinstance(aliases, list) else ())) if isinstance(name, str)]


def same_model(asked: str, listed: str) -> bool:
    """Compare two names: Ollama lists `qwen` as `qwen:latest`, Gemini `x` as `models/x`; servers differ in case and
    paths.
    """
    one, other = _folded(asked), _folded(listed)
    return one == other or one.endswith("/" + other) or other.endswith("/" + one)


def _folded(name: str) -> str:
    return name.strip().casefold().removesuffix(_DEFAULT_TAG).removesuffix(".gguf")
