"""All texts for people: key -> (Hong Kong Chinese, English)."""

from __future__ import annotations

from collections import ChainMap

from cantomeet.i18n.exports import EXPORTS
from cantomeet.i18n.found import FOUND
from cantomeet.i18n.glossary_faults import GLOSSARY_FAULTS
from cantomeet.i18n.pages import PAGES
from cantomeet.i18n.pieces import PIECES
from cantomeet.i18n.reasons import REASONS
from cantomeet.i18n.settings import SETTINGS
from cantomeet.i18n.shipped import SHIPPED
from cantomeet.i18n.unreachable import UNREACHABLE
from cantomeet.i18n.warnings import WARNINGS

TABLES = (*PAGES, REASONS, UNREACHABLE, SETTINGS, WARNINGS, FOUND, GLOSSARY_FAULTS, EXPORTS, SHIPPED, PIECES)
"""One a file; a test holds that no key stands in two."""
TEXTS: dict[str, tuple[str, str]] = dict(ChainMap(*TABLES))
PAGE_TEXTS: dict[str, tuple[str, str]] = dict(ChainMap(*PAGES))
"""The texts that may be sent to a browser."""
