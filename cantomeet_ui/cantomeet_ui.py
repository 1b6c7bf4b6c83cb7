"""The web application: its pages, the JSON API, and the background tasks of the web process."""

from __future__ import annotations

from cantomeet_ui import routes
from cantomeet_ui.components.frame import empty_frame
from cantomeet_ui.components.words import say
from cantomeet_ui.pages.actions import actions_page
from cantomeet_ui.pages.admin import admin_page
from cantomeet_ui.pages.glossary import glossary_page
from cantomeet_ui.pages.lost import lost_page
from cantomeet_ui.pages.meeting import meeting_page
from cantomeet_ui.pages.meetings import meetings_page
from cantomeet_ui.pages.search import search_page
from cantomeet_ui.pages.templates import templates_page
from cantomeet_ui.pages.upload import upload_page
from cantomeet_ui.push.forgetting import forget_closed_pages
from cantomeet_ui.services import settings
from cantomeet_ui.state.actions import ActionsState
from cantomeet_ui.state.admin import AdminState
from cantomeet_ui.state.engine import EngineState
from cantomeet_ui.state.finding import FindState
from cantomeet_ui.state.glossary import GlossaryState
from cantomeet_ui.state.items import ItemsState
from cantomeet_ui.state.meeting import MeetingState
from cantomeet_ui.state.meetings import MeetingsState
from cantomeet_ui.state.search import SearchState
from cantomeet_ui.state.templates import TemplatesState
from cantomeet_ui.state.upload import UploadState
from cantomeet_ui.state.versions import VersionsState
from cantomeet_ui.wiring import (
    HEAD,
    STYLES,
    Application,
    listener,
    page_failed,
    readers,
    rescuer,
    unexpected,
    with_api,
)

app = Application(
    html_lang=settings().language,
    head_components=HEAD,
    stylesheets=STYLES,
    app_wraps={(55, "ErrorBoundary"): page_failed},
    hydrate_fallback=empty_frame,
    toaster=None,
    backend_exception_handler=unexpected,
    api_transformer=[with_api],
)
app.add_page(upload_page, routes.UPLOAD, say("nav.upload"), on_load=UploadState.load)
app.add_page(meetings_page, routes.MEETINGS, say("nav.meetings"), on_load=MeetingsState.load)
# A page's state survives a reload, so forms and versions that were open are closed here.
opening_a_meeting = [ItemsState.close, VersionsState.close, MeetingState.load, FindState.load]
app.add_page(meeting_page, routes.MEETING, MeetingState.page_title, on_load=opening_a_meeting)
app.add_page(search_page, routes.SEARCH, say("nav.search"), on_load=SearchState.load)
app.add_page(actions_page, routes.ACTIONS, say("nav.actions"), on_load=ActionsState.load)
app.add_page(admin_page, routes.ADMIN, say("nav.admin"), on_load=[AdminState.load, EngineState.load])
app.add_page(glossary_page, routes.GLOSSARY, say("glossary.title"), on_load=GlossaryState.load)
app.add_page(templates_page, routes.TEMPLATES, say("templates.title"), on_load=TemplatesState.load)
app.add_page(lost_page, "404", say("lost.title"))
app.register_lifespan_task(listener)
app.register_lifespan_task(rescuer)
app.register_lifespan_task(readers)
app.register_lifespan_task(forget_closed_pages, app=app)
