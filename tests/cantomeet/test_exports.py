"""Exported files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

import pysubs2
import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from cantomeet.errors import Conflict
from cantomeet.exports import FORMS, Form, export, file_stem
from cantomeet.lifecycle import MeetingStatus, Stage
from cantomeet.models import Meeting, Segment, Speaker, Summary, SummaryItem
from cantomeet.packed_words import pack
from cantomeet.store import SummaryWithItems, Transcript
from cantomeet.stored_json import StoredWord

LINES = [("S1", "早晨，各位。"), ("S2", "Budget 下星期三之前交。"), (None, "好，散會。")]
PROOF = [{"segment_id": "s1", "quote": "早晨", "start": 0.0, "end": 1.5, "check": "exact"}]


def a_meeting(**columns: Any) -> Meeting:
    return Meeting(
        **{
            "id": "m1",
            "title": "例會",
            "recording_key": "a" * 32,
            "stage": Stage.SUMMARIZED,
            "status": MeetingStatus.COMPLETED,
            "meeting_date": date(2026, 11, 23),
            "duration_seconds": 3723.4,
            **columns,
        }
    )


def a_transcript(lines: Sequence[tuple[str | None, str]] = LINES) -> Transcript:
    segments = [
        Segment(
            id=f"s{n}",
            meeting_id="m1",
            position=n,
            start=3600.0 * n + 0.1254,
            end=3600.0 * n + 1.5,
            speaker_id=label,
            original_text=text,
            text=text,
            packed_words=pack([StoredWord(text=text, start=0.1, end=1.5, confidence=None)], text),
        )
        for n, (label, text) in enumerate(lines)
    ]
    speakers = {
        "S1": Speaker(id="S1", meeting_id="m1", label="S1", name="陳主席"),
        "S2": Speaker(id="S2", meeting_id="m1", label="S2"),
    }
    return Transcript(segments, speakers)


def a_summary() -> SummaryWithItems:
    items = [
        SummaryItem(
            summary_id="x",
            position=0,
            kind="action_item",
            text="交 budget",
            owner="阿明",
            due_text="下星期三",
            due_date=date(2026, 12, 2),
            done=True,
            evidence=PROOF,
        ),
        SummaryItem(summary_id="x", position=1, kind="decision", text="通過*預算*", evidence=PROOF),
        SummaryItem(summary_id="x", position=2, kind="overview", text="無人講過", evidence=[]),
    ]
    return SummaryWithItems(Summary(id="x", meeting_id="m1", version=1, method="llm", language="zh"), items)


def exported_text(form: Form, language: str = "zh-Hant-HK", **columns: Any) -> str:
    return export(form, a_meeting(**columns), a_transcript(), a_summary(), language).body.decode()


def test_plain_text_has_each_line_with_its_time_and_speaker() -> None:
    body = export("txt", a_meeting(), a_transcript(), None, "zh-Hant-HK").body.decode()
    assert body == (
        "例會\n日期：2026-11-23\n長度：1:02:03\n\n"
        "[0:00:00] 陳主席：早晨，各位。\n[1:00:00] S2：Budget 下星期三之前交。\n[2:00:00] 好，散會。\n"
    )


def test_plain_text_has_the_description_too() -> None:
    assert "長度：1:02:03\n第一行\n第二行\n" in exported_text("txt", description="第一行\n第二行")


def test_labels_are_in_the_readers_language() -> None:
    english = exported_text("txt", "en")
    assert "Date: 2026-11-23" in english
    assert "陳主席: 早晨" in english


def test_markdown_has_the_summary_before_the_transcript() -> None:
    markdown = exported_text("md")
    assert markdown.index("## 摘要") < markdown.index("### 決議") < markdown.index("### 跟進事項")
    assert markdown.index("### 跟進事項") < markdown.index("## 逐字稿") < markdown.index("早晨")
    assert "- 交 budget (負責：阿明；限期：下星期三 2026-12-02) (已完成) (0:00:00)\n" in markdown


def test_plain_text_has_the_summary_before_the_transcript() -> None:
    text = exported_text("txt")
    assert (
        text.index("\n決議\n- 通過*預算* (0:00:00)\n")
        < text.index("\n未核實\n")
        < text.index("\n逐字稿\n")
        < text.index("[0:")
    )


@pytest.mark.parametrize("form", ["md", "txt"])
def test_unverified_items_come_last_and_are_marked(form: Form) -> None:
    text = exported_text(form)
    apart = text.index("未核實")
    assert text.index("交 budget") < apart < text.index("在逐字稿找不到對應的原句") < text.index("- 無人講過")
    assert "概要" not in text


@pytest.mark.parametrize("form", ["md", "txt", "docx"])
def test_the_summary_states_its_method_coverage_and_warnings(form: Form) -> None:
    found = a_summary()
    found.summary.coverage = {"covered": 2, "total": 3}
    found.summary.method, found.summary.warnings = "extractive", ["not_translated"]
    body = export(form, a_meeting(), a_transcript(), found, "en").body
    text = "\n".join(p.text for p in Document(BytesIO(body)).paragraphs) if form == "docx" else body.decode()
    about = text.index("Extracted word for word; covers 2 of 3 lines")
    assert (
        text.index("Summary") < about < text.index("it is not translated into the language") < text.index("交 budget")
    )


def test_json_has_unverified_items_last() -> None:
    found = a_summary()
    found = SummaryWithItems(found.summary, found.items[::-1])
    body = json.loads(export("json", a_meeting(), a_transcript(), found, "en").body)
    assert [item["verified"] for item in body["summary"]["items"]] == [True, True, False]


def test_headings_follow_the_template_in_order_and_language() -> None:
    found = a_summary()
    note = SummaryItem(summary_id="x", position=3, kind="note", section="出席", text="陳主席", evidence=PROOF)
    found.summary.sections = [
        {"kind": "note", "title": "出席", "title_en": ""},
        {"kind": "action_item", "title": "跟進", "title_en": "Follow-up"},
        {"kind": "decision", "title": "決議案", "title_en": "Resolutions"},
    ]
    found = SummaryWithItems(found.summary, [*found.items, note])
    for language, headings in (
        ("zh-Hant-HK", ["出席", "跟進", "決議案"]),
        ("en", ["出席", "Follow-up", "Resolutions"]),
    ):
        body = export("md", a_meeting(), a_transcript(), found, language).body.decode()
        assert [line.removeprefix("### ") for line in body.splitlines() if line.startswith("### ")][:3] == headings


def test_items_whose_lines_were_changed_are_marked() -> None:
    found = a_summary()
    found.items[1].stale = True
    body = export("md", a_meeting(), a_transcript(), found, "en").body.decode()
    assert r"- 通過\*預算\* (the lines it rests on were changed since: check it)" in body


@pytest.mark.parametrize("form", ["md", "txt"])
def test_each_item_has_the_times_of_its_proofs(form: Form) -> None:
    found = a_summary()
    later = [{**PROOF[0], "start": 60.0 * n} for n in (9, 1, 1, 5, 7)]
    found.items[1].evidence = [*later, {**PROOF[0], "start": 30.0, "check": "unverified"}]
    body = export(form, a_meeting(), a_transcript(), found, "en").body.decode()
    assert "預算" in body
    assert " (0:01:00, 0:05:00, 0:07:00)\n" in body
    assert "- 無人講過\n" in body


@pytest.mark.parametrize("form", ["md", "txt", "docx"])
@pytest.mark.parametrize(
    ("language", "told"), [("zh-Hant-HK", "未核實；可能出自 0:01:00"), ("en", "perhaps from 0:01:00")]
)
def test_an_item_without_evidence_says_where_it_may_come_from(form: Form, language: str, told: str) -> None:
    found = a_summary()
    found.items[2].evidence = [{**PROOF[0], "start": 60.0, "check": "unverified", "proposed": True}]
    body = export(form, a_meeting(), a_transcript(), found, language).body
    text = "\n".join(p.text for p in Document(BytesIO(body)).paragraphs) if form == "docx" else body.decode()
    assert told in text
    assert text.index("無人講過") < text.index(told)
    exported = json.loads(export("json", a_meeting(), a_transcript(), found, language).body)["summary"]["items"][-1]
    assert (exported["verified"], exported["evidence"][0]["proposed"]) == (False, True)


def test_the_readers_language_comes_before_the_other_one() -> None:
    found = a_summary()
    found.summary.language = "zh-Hant-HK+en"
    found.items[1].text_other = "The budget is carried"
    chinese = export("txt", a_meeting(), a_transcript(), found, "zh-Hant-HK").body.decode()
    english = export("txt", a_meeting(), a_transcript(), found, "en").body.decode()
    assert "- 通過*預算* (0:00:00)\n  The budget is carried\n" in chinese
    assert "- The budget is carried (0:00:00)\n  通過*預算*\n" in english
    document = Document(BytesIO(export("docx", a_meeting(), a_transcript(), found, "en").body))
    assert "The budget is carried (0:00:00)\n通過*預算*" in [p.text for p in document.paragraphs]


def test_markdown_escapes_everything_that_was_said() -> None:
    assert r"- 通過\*預算\*" in exported_text("md")
    body = export("md", a_meeting(title="<script># 會"), a_transcript([("S1", "[x](y) `z`")]), None, "en").body.decode()
    assert r"# \<script\>\# 會" in body
    assert r"\[x\](y) \`z\`" in body


@pytest.mark.parametrize(
    ("description", "kept"),
    [
        ("- 一\n+ 二", "\\- 一\n\\+ 二"),
        ("1. 一\n20) 二", "1\\. 一\n20\\) 二"),
        ("題\n===\n---", "題\n\\===\n\\---"),
        ("    code", "code"),
        ("&lt;b&gt;", "\\&lt;b\\&gt;"),
        ("3.5 億，2026-12-01", "3\\.5 億，2026-12-01"),
    ],
)
def test_no_line_of_a_description_begins_a_list_a_heading_or_code(description: str, kept: str) -> None:
    body = export("md", a_meeting(description=description), a_transcript(), None, "en").body.decode()
    assert f"\n\n{kept}\n\n" in body


def test_subrip_reads_back_with_times_in_milliseconds_and_speakers() -> None:
    read = pysubs2.SSAFile.from_string(exported_text("srt"), format_="srt")
    assert [(e.start, e.end, e.plaintext) for e in read] == [
        (125, 1500, "陳主席：早晨，各位。"),
        (3_600_125, 3_601_500, "S2：Budget 下星期三之前交。"),
        (7_200_125, 7_201_500, "好，散會。"),
    ]


def test_webvtt_names_the_speaker_as_the_cues_voice() -> None:
    vtt = exported_text("vtt")
    assert vtt.startswith("WEBVTT\n")
    assert "00:00:00.125 --> 00:00:01.500\n<v 陳主席>早晨，各位。\n" in vtt


@pytest.mark.parametrize("form", ["srt", "vtt"])
@pytest.mark.parametrize("text", [r"C:\new\hello\N", r"{\p1}畫{\i1}", "一\n\n二", "a --> b", "<v x> & <b>"])
def test_no_text_breaks_a_subtitle(form: Form, text: str) -> None:
    body = export(form, a_meeting(), a_transcript([("S1", text), ("S1", "尾")]), None, "en").body.decode()
    read = pysubs2.SSAFile.from_string(body, format_=form, keep_html_tags=True)
    assert len(read) == 2
    kept = body.replace("\u2060", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert " ".join(text.split()) in kept


def test_the_word_document_reads_back_whole_and_in_a_chinese_font() -> None:
    body = export("docx", a_meeting(), a_transcript(), a_summary(), "zh-Hant-HK").body
    document = Document(BytesIO(body))
    paragraphs = [p.text for p in document.paragraphs]
    assert paragraphs[0] == "例會"
    assert "0:00:00  陳主席：早晨，各位。" in paragraphs
    assert paragraphs.index("決議") < paragraphs.index("通過*預算* (0:00:00)") < paragraphs.index("逐字稿")
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "Microsoft JhengHei"


def test_json_has_the_words_with_their_times() -> None:
    body = json.loads(exported_text("json"))
    assert (body["id"], body["complete"], body["meeting_date"]) == ("m1", True, "2026-11-23")
    assert body["segments"][0] == {
        "id": "s0",
        "start": 0.1254,
        "end": 1.5,
        "speaker": "陳主席",
        "text": "早晨，各位。",
        "unclear": False,
        "original_text": "早晨，各位。",
        "edited": False,
        "words": [{"text": "早晨，各位。", "start": 0.1, "end": 1.5, "confidence": None}],
    }


def test_json_has_the_shown_summary() -> None:
    summary = json.loads(exported_text("json"))["summary"]
    assert (summary["version"], summary["method"], summary["template"]) == (1, "llm", "general")
    action, _, doubtful = summary["items"]
    assert (action["text"], action["due_date"], action["done"], action["verified"]) == (
        "交 budget",
        "2026-12-02",
        True,
        True,
    )
    assert (doubtful["verified"], doubtful["stale"]) == (False, False)
    assert json.loads(export("json", a_meeting(), a_transcript(), None, "en").body)["summary"] is None


@pytest.mark.parametrize("form", FORMS)
def test_an_incomplete_transcript_is_marked(form: Form) -> None:
    meeting = a_meeting(stage=Stage.PREPARED, status=MeetingStatus.TRANSCRIBING)
    made = export(form, meeting, a_transcript(), None, "zh-Hant-HK")
    assert made.filename == f"例會 (未完成).{form}"
    if form in ("txt", "md"):
        assert "轉錄仍未完成" in made.body.decode()


def test_an_earlier_transcript_counts_as_complete_while_another_is_made() -> None:
    meeting = a_meeting(stage=Stage.STORED, status=MeetingStatus.TRANSCRIBING, revision=2, shown_revision=1)
    assert export("txt", meeting, a_transcript(), None, "en").filename == "例會.txt"


@pytest.mark.parametrize("form", FORMS)
def test_a_recording_without_speech_gives_a_file(form: Form) -> None:
    made = export(form, a_meeting(), a_transcript([]), None, "zh-Hant-HK")
    # SubRip has no header: a file without lines is empty.
    assert bool(made.body) == (form != "srt")
    if form in ("txt", "md"):
        assert "沒有聽到說話" in made.body.decode()


@pytest.mark.parametrize("form", FORMS)
def test_there_is_nothing_to_export_before_the_first_line(form: Form) -> None:
    with pytest.raises(Conflict):
        export(form, a_meeting(stage=Stage.STORED), a_transcript([]), None, "en")


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40), form=st.sampled_from(FORMS))
def test_any_text_can_be_written_in_any_form(text: str, form: Form) -> None:
    made = export(form, a_meeting(title=text, description=text), a_transcript([("S1", text)]), a_summary(), "en")
    if form == "docx":
        assert Document(BytesIO(made.body)).paragraphs
    else:
        made.body.decode("utf-8")


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("例會", "例會"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a/b\\c:d*e?"f<g>h|i', "a_b_c_d_e_f_g_h_i"),
        ("a\r\nb\x00c", "a_b_c"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("長" * 300, "長" * 80),
        ("...", "meeting"),
        ("", "meeting"),
    ],
)
def test_a_title_becomes_a_file_name_that_every_system_accepts(title: str, stem: str) -> None:
    assert file_stem(title) == stem
