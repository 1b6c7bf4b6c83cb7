"""Recognises statements that something is likely to go wrong."""

from __future__ import annotations

from worker.providers.extractive.folding import english, rule
from worker.providers.extractive.sentences import Sentence

_HARM = (
    "(?:遲|延誤|延期|斷|超支|超出|唔夠|影響|赤字|失敗|罰|停|蝕|冇人|冇有人|出事|爆|漏|投訴|缺|出錯|壞|拖|輸|走數|流失|"
    "跌|撞|趕唔|唔足|死機|短路|火燭|傷|甩|塌|走失|中招|甩底|退單|退訂|搞錯|做錯|又壞)"
)
_IF = "(?:如果|若果?|萬一|假如|一旦)"
_NAMED = rule(
    "風險|擔心|恐怕|驚(?!喜|人|訝)(?=.{2})|(?<!恐)怕(?=.{3})|(?:好|有|會|真係)危險|大鑊|大件事",
    "唔賠|(?:搞|做)唔切|冇錢出糧|趕唔(?:切|到|及)|嚟唔(?:切|及)|[好太]趕|超支|赤字|人手(?:唔足|唔夠|短缺)",
    "會影響|拖累|告我哋|頂唔順|蝕(?:入肉|本|錢|死)|(?<![啲攰唔])好死(?=喎|㗎|囉|呀|,|$)|有排先(?:賺|搵|收)得返",
)
_LIKELY = rule(
    f"(?:可能|有機會|或會)(?:會)?[^,。]{{0,12}}{_HARM}|(?:成本|租金|價錢|價格)[^,]{{0,4}}(?:上升|增加)",
    f"(?:隨時|分分鐘|遲早|一定|實|肯定)(?:再|會|有|又|就|都)?(?:會|有|畀人)?{_HARM}|實會?(?:嘈|鬧|唔)",
    f"遲早(?:會|要|出|有|冧|死)|(?:好易|容易)[^,]{{0,2}}{_HARM}",
)
_OR_ELSE = rule(
    f"{_IF}[^。]{{2,24}}(?:就|,)(?:會|要|冇|無|拖|cancel|停|唔可以|好|趕|斷|蝕|罰|麻煩|大鑊|弊|死|慘)",
    f"{_IF}[^。]{{2,24}}(?:[^找揾搵見聽睇諗想估]唔到|唔掂|冇得)",
    "(?<!果)再(?:唔|冇|拖|遲|咁)[^,]{1,12}(?:就|會)(?:退|告|收返|搬|冇|要|死|真係|麻煩|大鑊|出事)",
    "(?:拖|遲|等)(?:得|到)?[^,]{0,4}就(?:會|要|冇|蝕|大鑊|麻煩|死)",
    "唔(?:簽|交|整|修|換|加|畀|做|處理|改)[^,]{0,6}就(?:會(?!好|更|易|快|平)|要|收返|冇|停|罰|告|取消)",
)
_MAY = "(?:might|may|could) (?:not |also |well )?"
_WILL = "(?:[a-z]+'ll|gonna|going to|will|might|may|could) (?:just )?"
_ENGLISH = rule(
    english(
        "risks?|risky|worr(?:y|ied|ies)|concern(?:ed|s)?(?! about you)|danger|blockers?|run(?:ning)? out of",
        "(?<!i'm )(?<!i am )afraid|afraid (?:that|we|they|it|the|of)|nervous about|blow up|screwed|dodgy|unsafe",
        "don't think (?:we|they|it)(?:'ll| will) (?:make|meet|finish|get)",
        "in jeopardy|jeopardi[sz]e|at stake|there's a chance|won't (?:make|meet|finish)",
        f"{_MAY}(?:miss|lose|fail|slip|delay|break|overrun|clash|collide|run out|leak|crash|flood|fall|collapse)",
        f"{_MAY}(?:be (?:late|delayed|short)|have to (?:stop|close)|make it|meet|finish|get)",
        "(?:going to|gonna) (?:catch|bite|break|go wrong|fall (?:over|apart|through)|blow|cost us|fail|crash|slip)",
        "not (?:gonna|going to) (?:happen|work|make it|hold|last|fit|be (?:ready|enough))|won't (?:work|fit|last|hold)",
        "we(?:'ll| will)(?: only)? have (?:no|nobody|nothing)|stuck without|short[- ]staffed|understaffed",
        f"{_WILL}(?:walk(?: away)?|leave us|sue|complain|pull out|kick off|get hurt|go bust|go under|fall behind)",
    ),
    english(
        r"if [^.]{3,60}?(?:is|are|'s) (?:just )?(?:not happening|dead|gone|stuck)",
        r"if [^.]{3,60}? we(?:'ll| will) just (?:ignore|miss|lose)",
        r"if [^.]{3,40}?,? (?:we|it|they|the \w+)(?:'ll| will| may| might| would) "
        "(?:lose|miss|fail|have to|not|slip|run)",
    ),
)
_RELIEF = rule(
    "唔使(?:擔心|驚)|唔用擔心|冇(?:乜)?風險|唔怕",
    english("no (?:risk|worries|concern)", "not worried", "don't worry", "never mind"),
)


def is_risk(sentence: Sentence) -> bool:
    said = any(pattern.search(sentence.folded) for pattern in (_NAMED, _LIKELY, _OR_ELSE, _ENGLISH))
    return said and _RELIEF.search(sentence.folded) is None
