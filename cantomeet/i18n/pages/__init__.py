"""Texts of the pages, a file for each page or part of one."""

from __future__ import annotations

from cantomeet.i18n.pages.actions import ACTIONS
from cantomeet.i18n.pages.admin import ADMIN
from cantomeet.i18n.pages.checks import CHECKS
from cantomeet.i18n.pages.frame import FRAME
from cantomeet.i18n.pages.glossary import GLOSSARY
from cantomeet.i18n.pages.meeting import MEETING
from cantomeet.i18n.pages.meetings import MEETINGS
from cantomeet.i18n.pages.plans import PLANS
from cantomeet.i18n.pages.search import SEARCH
from cantomeet.i18n.pages.summary import SUMMARY
from cantomeet.i18n.pages.templates import TEMPLATES
from cantomeet.i18n.pages.timeline import TIMELINE
from cantomeet.i18n.pages.transcript import TRANSCRIPT
from cantomeet.i18n.pages.upload import UPLOAD

PAGES: tuple[dict[str, tuple[str, str]], ...] = (
    *(FRAME, MEETINGS, SEARCH, UPLOAD, ACTIONS, TEMPLATES),
    *(MEETING, SUMMARY, TRANSCRIPT),
    *(ADMIN, TIMELINE, GLOSSARY, PLANS, CHECKS),
)
