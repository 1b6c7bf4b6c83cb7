"""Fictional meetings in Hong Kong for screenshots. Every person and place is invented."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import text

from cantomeet.models import Meeting
from cantomeet.store import NewSegment
from tests.e2e.seed import Seed


@dataclass(frozen=True)
class Said:
    kind: str
    text: str
    lines: tuple[int, ...]
    """Numbers of the lines that are its evidence."""
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    title: str
    day: date
    seconds: int
    names: dict[str, str]
    """Speakers' names by the recogniser's label."""
    spoken: tuple[tuple[str, str, str], ...]
    """(time as m:ss, speaker, text) of each line."""
    said: tuple[Said, ...]

    def lines(self) -> list[NewSegment]:
        """The transcript. Each line lasts until the next one, but at most 9 s."""
        starts = [_seconds(when) for when, _, _ in self.spoken]
        ends = [*starts[1:], float(self.seconds)]
        return [
            _line(start, min(end - 0.2, start + 9.0), speaker, words)
            for start, end, (_, speaker, words) in zip(starts, ends, self.spoken, strict=True)
        ]

    def items(self, segments: Sequence[Any]) -> list[dict[str, Any]]:
        """The summary. Each item quotes its lines of the stored `segments`."""
        return [
            {
                "kind": said.kind,
                "text": said.text,
                "evidence": [_evidence(segments[number]) for number in said.lines],
                **said.columns,
            }
            for said in self.said
        ]


def _seconds(clock: str) -> float:
    minutes, seconds = clock.split(":")
    return int(minutes) * 60 + float(seconds)


def _line(start: float, end: float, speaker: str, words: str) -> NewSegment:
    unsure = words.endswith("…")
    spoken = [{"text": words, "start": start, "end": end, "confidence": 0.35 if unsure else 0.93}]
    return NewSegment(start, end, words, words, spoken, speaker)


def _evidence(segment: Any) -> dict[str, Any]:
    quoted = {"segment_id": segment.id, "quote": segment.text, "start": segment.start, "end": segment.end}
    return {**quoted, "check": "exact"}


ESTATE = Story(
    title="翠灣花園法團十一月例會",
    day=date(2026, 11, 19),
    seconds=2534,
    names={"S1": "陳主席", "S2": "李小姐", "S3": "黃工", "S4": "何太"},
    spoken=(
        ("0:04", "S1", "各位早晨，多謝大家抽時間嚟開會。今日主要傾三樣嘢：外牆維修、停車場充電，同埋下年度嘅預算。"),
        ("0:16", "S1", "黃工，不如你講咗外牆嗰邊嘅進度先。"),
        ("0:21", "S3", "好。A座同B座嘅棚已經搭好，石屎剝落嘅位執咗大概七成。"),
        ("0:30", "S3", "本來諗住十二月頭拆棚，但係上個月落咗九日雨，要推遲兩個禮拜。"),
        ("0:41", "S4", "咁即係聖誕前拆唔拆到㗎？好多街坊問，話個廳成日黑晒。"),
        ("0:49", "S3", "A座十二月十八號之前一定拆到，B座就要一月頭。"),
        ("0:57", "S1", "好，咁就咁定：A座十二月十八號前拆棚，B座一月九號前。"),
        ("1:06", "S1", "李小姐，麻煩你聽日喺大堂貼通告，順便 send 埋 WhatsApp 俾住戶。"),
        ("1:15", "S2", "冇問題，我聽日貼埋，英文版都會有。"),
        ("1:22", "S4", "我想問下，雨漏嗰三戶，保固計唔計㗎？"),
        ("1:29", "S3", "計，合約寫明兩年保固。不過12樓C嗰戶，我懷疑係窗邊嘅防水，唔係外牆…"),
        ("1:41", "S1", "咁你下星期三之前上去睇一次，寫份報告俾法團。"),
        ("1:48", "S3", "好，我星期二上去，星期三交報告。"),
        ("1:55", "S1", "第二項，停車場電動車充電。李小姐收咗三間公司嘅報價。"),
        ("2:04", "S2", "係，最平嗰間四十二萬，但係只包二十個位；另外兩間包晒六十個位，五十八萬同六十三萬。"),
        ("2:17", "S4", "六十三萬嗰間有乜嘢唔同？"),
        ("2:21", "S2", "佢包五年保養，壞咗四個鐘內有人到。五十八萬嗰間保養要另外計，一年三萬二。"),
        ("2:33", "S1", "計落去五年，六十三萬嗰間反而抵啲。"),
        ("2:39", "S4", "我同意，最緊要有人跟。之前升降機壞咗等咗三日，俾人鬧到飛起。"),
        ("2:49", "S1", "咁表決喇：揀六十三萬、包五年保養嗰間，有冇人反對？冇。通過。"),
        ("3:00", "S2", "咁我月尾之前同佢哋簽意向書，合約俾律師睇過先。"),
        ("3:09", "S4", "電費點計？係咪行公家錶？"),
        ("3:14", "S2", "呢樣佢哋話可以逐個位裝錶，但係未報價，我要再問返。"),
        ("3:23", "S1", "咁下次開會先傾，唔好今日拍板。"),
        ("3:29", "S1", "最後係預算。管理費由二零二二年到而家都冇加過。"),
        ("3:38", "S2", "保安合約一月續約，對方要加百分之六，清潔就加四。"),
        ("3:47", "S4", "如果加管理費，老人家嗰邊實有意見㗎喎。"),
        ("3:54", "S1", "所以我想先用儲備頂住上半年，六月再檢討，今次唔加。大家同唔同意？"),
        ("4:05", "S3", "儲備而家得返二百一十萬，外牆尾數要俾九十萬，要留意下。"),
        ("4:14", "S1", "明白。何太，麻煩你同會計對一次數，十二月例會前俾個表大家睇。"),
        ("4:23", "S4", "好，我十二月十號之前搞掂。"),
        ("4:29", "S1", "咁今日就到呢度，下次例會十二月十七號夜晚八點，多謝各位。"),
    ),
    said=(
        Said("overview", "外牆維修因雨延誤兩星期，A座和B座分開拆棚。", (3, 6)),
        Said("overview", "停車場充電設施選定六十三萬、連五年保養的報價；電費怎樣計留待下次。", (19, 23)),
        Said("overview", "管理費暫時不加，先用儲備，六月再檢討。", (27,)),
        Said("decision", "A座十二月十八日前拆棚，B座一月九日前。", (6,)),
        Said("decision", "採用六十三萬、包五年保養的充電設施報價。", (19,)),
        Said("decision", "今次不加管理費，六月再檢討。", (27,)),
        Said(
            "action_item",
            "在大堂貼拆棚通告（中英文），並用 WhatsApp 通知住戶",
            (7, 8),
            {"owner": "李小姐", "due_text": "聽日"},
        ),
        Said(
            "action_item",
            "檢查 12 樓 C 的滲漏，向法團交報告",
            (11, 12),
            {"owner": "黃工", "due_text": "下星期三之前"},
        ),
        Said(
            "action_item",
            "與充電公司簽意向書，合約先交律師看",
            (20,),
            {"owner": "李小姐", "due_text": "月尾之前"},
        ),
        Said(
            "action_item",
            "與會計對數，把儲備列表給大家看",
            (29, 30),
            {"owner": "何太", "due_text": "十二月十號之前"},
        ),
        Said("question", "充電電費是否逐個車位裝錶？", (21, 22)),
        Said("risk", "儲備只剩二百一十萬，外牆尾數要付九十萬。", (28,)),
        Said("risk", "長者住戶可能反對日後加管理費。", ()),
    ),
)

TITLES = (
    "社福機構個案會議：深水埗長者中心",
    "Product sync — Q4 roadmap",
    "家教會第三次會議",
    "十一月份銷售檢討",
    "新舖選址：荃灣、屯門、將軍澳",
    "同律師傾租約",
    "賣旗日工作分配",
    "IT 部每週例會",
    "校董會會議（機密）",
    "客戶訪談：陳生",
    "年度預算初稿",
    "安全委員會巡查後跟進",
)
"""Titles for a long list."""

LONG_TITLE = "二零二六至二零二七年度第三次常務委員會特別會議暨跨部門大型維修工程進度匯報、" * 3 + "附問答環節"


def tell(seed: Seed, story: Story, **columns: Any) -> Meeting:
    """Write the whole meeting, with named speakers and a summary by an LLM."""
    told = replace(seed, seconds=story.seconds)
    meeting = told.waiting(story.title, meeting_date=story.day, **columns)
    told.transcribing(meeting)
    told.summarizing(meeting, story.lines())
    for label, name in story.names.items():
        statement = text("UPDATE speaker SET name = :name WHERE meeting_id = :id AND label = :label")
        with seed.store.engine.begin() as connection:
            connection.execute(statement, {"name": name, "id": meeting.id, "label": label})
    return told.completed(meeting, "llm", story.items(seed.store.transcripts.shown(meeting.id).segments))
