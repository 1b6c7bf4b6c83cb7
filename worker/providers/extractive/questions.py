"""Recognises questions about the meeting's content, also in speech without question marks."""

from __future__ import annotations

from worker.providers.extractive.folding import english, rule
from worker.providers.extractive.framing import acknowledgement_end, greeting_end
from worker.providers.extractive.sentences import Sentence

LEAST_WIDTH = 9
"""Smallest width of a question, since 得唔得？ and "OK?" have no content."""
LEAST_WIDTH_ASKING = 6
"""Smallest width of questions such as 送邊隻 and 點解會跌, which contain what they ask about."""

_ASKS = rule(
    "邊(?:個|度|間|位|啲|日|隻|款|種)|誰|哪(?:裏|個|間|些|位)",
    "(?:為)?乜(?:嘢)?|(?:做|係|食|有|要|為|原因係)(?:咩|什麼|甚麼|乜)|(?:什麼|甚麼|咩)(?:時候|原因|事|人|方法)",
    r"幾時|點解|點(?:樣|算|搞|做|處理|講|睇)|怎麼(?:辦|樣|做|會)|怎樣|如何|為什麼|為何|多少(?!少)|幾(?:多|錢|耐)|幾點|(?<![\d一二兩三四五六七八九十幾半有個呢])點(?=同|去|先|收|攞|分|計)",
    "係咪|係唔係|是否|會否(?!決)|可否|能否|應否|需否",
    "有冇|會唔會|可唔可以|使唔使|需唔需要|要唔要|得唔得|行唔行|好唔好|應唔應該?|夠唔夠|知唔知|啱唔啱",
    "(?P<same>[一-鿿])唔(?P=same)",
    r"(?<![一肯指固])定係|(?P<either>[一-鿿])定[^,]{1,10}(?P=either)[呀㗎]?\W*$|(?<![做有乜])咩[一-鿿]{1,4}[呀㗎]\W*$|啲咩[呀㗎]?\W*$",
    r"[一-鿿](?:咗|好|到|晒)未(?![一-鿿]{0,2}(?:到|有|得|必|知|夠))|[^仲都還]未[呀㗎]\W*$|^(?:如果|若果?)[^,]{2,12}呢\W*$",
    r"(?:嗎|嘛|未|咩)\W*$|(?:做|搞|收|出|簽|開|完成|交|寫|訂|買)(?:咗|好)未",
)
_SHORT = rule(
    r"^(?:[一-鿿]{1,3}邊(?:個|隻|間|款|度|種)|點解[一-鿿]{2,}|幾(?:多|時|錢)[一-鿿]{2,}|[一-鿿]{2,}幾(?:多|時|錢|耐)|"
    r"[一-鿿]{2}咗未)[呀㗎]?\W*$"
)
_OPENING_EN = r"^\W*(?:(?:and|so|but|okay|ok|then|also|well|right|sorry|yes|no|wait|like|hey|oh),?\s+)*"
_ASKS_EN = rule(
    _OPENING_EN + r"(?:what|when|where|who|whom|whose|which|why|how)(?:'s|'re)?\s+(?!a |an |about |if |knows)",
    _OPENING_EN + r"(?:do|does|did|is|are|was|were|has|have|had|can|could|should|shall|will|would|may)(?:n't)?\s+"
    r"(?:we|i|you|they|he|she|it|the|this|that|there|these|those|any|anyone|anybody|our|your|their|his|her|"
    r"(?-i:[A-Z][a-z]+)|[a-z]+s?\s)(?![a-z]*\s*$)",
)
# 我唔知點解, 睇下邊個得閒 and 無論幾時 have a question's words but ask nothing.
_ONLY_TELLS = rule(
    "唔知|唔清楚|(?:睇|看)(?:下|吓|埋|睇|看)|(?<!想)(?<!請)問(?:下|吓|佢|我|點|幾|邊|咗)|冇話|話(?:畀|返).{0,4}知",
    "無論|唔理|唔管|視乎|取決|記得|考慮緊|研究|傾下|講下|討論|未(?:決定|知|話|定|傾)",
    r"(?:點解|幾時|點樣|邊個|邊度|乜|幾多)都|都(?:唔緊要|好(?=\W*$)|得(?=\W*$)|冇所謂)|[^,]{0,8}(?:就|都)得\W*$",
    "幾少少|冇(?:咩|乜|幾|邊)|唔係咩|唔(?:到|見|夠|好|知|係)[^,]{0,3}(?:嗎|嘛)?$",
    english(
        "don't know|not sure|wonder|depends|whether|no idea",
    ),
)
_PROCEDURAL = rule(
    "食(?:咗|晒|左)?飯未|有冇人(?:唔)?(?:同意|反對|贊成)|有(?:咩|乜)(?:事|嘢|問題)?(?:就|再)?(?:whatsapp|搵我|call|打畀|打俾)",
    r"有冇有?人?(?:其他(?=事|嘢|問題|補充|意見|人|想|\W*$)|補充|異議|修訂|問題|意見|反對|(?:咩|嘢)(?:想|要)講)",
    "(?:大家|各位)冇(?:意見|問題|異議)|冇其他(?=事|嘢|問題|意見)|明(?:唔明)?白(?:嗎|未)|聽唔聽到|聽到.{0,5}嗎",
    english(
        "any (?:other|questions?|objections?|comments?|more)|anything else",
        "can (?:you|everybody|everyone|anyone) hear",
        "(?:does that )?make sense|sounds good",
    ),
)


def is_question(sentence: Sentence) -> bool:
    """Recognise a question about the content, by its mark or by its words."""
    folded = sentence.folded
    if (
        sentence.width < (LEAST_WIDTH_ASKING if _SHORT.match(folded) else LEAST_WIDTH)
        or is_procedural(folded)
        or greeting_end(sentence) == len(folded)
    ):
        return False
    if "?" in folded[-3:]:
        return True
    if folded[-1] in "。.!":
        return False
    if _ASKS_EN.match(folded):
        return True
    return _ASKS.search(folded) is not None and _ONLY_TELLS.search(folded) is None


def is_procedural(folded: str) -> bool:
    """Recognise questions about the meeting itself, such as 大家有冇問題 and "any questions"."""
    return _PROCEDURAL.search(folded) is not None


def essence(sentence: Sentence) -> Sentence:
    """Return 我聽日落單 from 好，我聽日落單，大家有冇問題？, or the sentence itself if nothing else is said."""
    start, end = acknowledgement_end(sentence), len(sentence.text)
    for clause_start, clause_end in reversed(sentence.clauses()):
        if clause_start <= start or not is_procedural(sentence.folded[clause_start:clause_end]):
            break
        end = clause_start
    return sentence.cut(start, end)
