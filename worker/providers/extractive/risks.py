"""What is said to be likely to go wrong."""

from __future__ import annotations

from worker.providers.extractive.folding import english, rule
from worker.providers.extractive.sentences import Sentence

_HARM = (
    "(?:遲|延誤|延期|斷|超支|超出|唔夠|影響|赤字|失敗|罰|停|蝕|冇人|冇有人|出事|爆|漏|投訴|缺|出錯|壞|拖|輸|走數|流失|"
    "跌|撞|趕唔|唔足|死機)"
)
_IF = "(?:如果|若果?|萬一|假如|一旦)"
_MAY_EN = "(?:might|may|could) (?:not |also |well )?"
_RISK = rule(
    "風險|擔心|恐怕|驚(?!喜|人|訝)(?=.{2})|(?<!恐)怕(?=.{3})",
    "唔賠|大鑊|(?:搞|做)唔切|冇錢出糧|好易(?:出事|壞|斷|漏|跌)|實會?(?:投訴|嘈|鬧|唔)|趕唔(?:切|到|及)|嚟唔(?:切|及)|[好太]趕|超支|赤字|人手(?:唔足|唔夠|短缺)|會影響|拖累|告我哋",
    f"(?:可能|有機會|或會)(?:會)?[^,。]{{0,12}}{_HARM}|容易{_HARM}|(?:成本|租金|價錢|價格)[^,]{{0,4}}(?:上升|增加)",
    f"{_IF}[^。]{{2,24}}(?:就|,)(?:會|要|冇|無|拖|cancel|停|唔可以|好|趕|斷|蝕|罰|麻煩|大鑊|弊|死|慘)",
    english(
        r"if [^.]{3,60}?(?:is|are|'s) (?:just )?(?:not happening|dead|gone|stuck)",
        "risks?|risky|worr(?:y|ied|ies)|concern(?:ed|s)?(?! about you)|afraid|danger|blockers?|run(?:ning)? out of",
        "don't think (?:we|they|it)(?:'ll| will) (?:make|meet|finish|get)|nervous about|blow up|screwed",
        "in jeopardy|jeopardi[sz]e|at stake|there's a chance|won't (?:make|meet|finish)",
        f"{_MAY_EN}(?:miss|lose|fail|slip|delay|break|overrun|clash|collide|run out|leak|crash|flood|fall|collapse)",
        f"{_MAY_EN}(?:be (?:late|delayed|short)|have to (?:stop|close)|make it|meet|finish|get)",
        r"if [^.]{3,40}?,? (?:we|it|they|the \w+)(?:'ll| will| may| might| would) "
        "(?:lose|miss|fail|have to|not|slip|run)",
    ),
)
_RELIEF = rule(
    "唔使(?:擔心|驚)|唔用擔心|冇(?:乜)?風險|唔怕",
    english("no (?:risk|worries|concern)", "not worried", "don't worry", "never mind"),
)


def is_risk(sentence: Sentence) -> bool:
    return _RISK.search(sentence.folded) is not None and _RELIEF.search(sentence.folded) is None
