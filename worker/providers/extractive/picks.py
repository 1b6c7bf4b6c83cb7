"""Recognises informal decisions: somebody puts a choice, and 統一買啦 or "December then" settles it.

Such words settle something only as an answer: a choice was put a few sentences before, and no objection follows.
"""

from __future__ import annotations

from worker.providers.extractive.decisions import leaves_open
from worker.providers.extractive.folding import english, rule
from worker.providers.extractive.framing import is_closing, speaks_of_other_days
from worker.providers.extractive.sentences import Sentence

CHOICE_STANDS = 4
"""Sentences for which a choice can still be settled after it was put."""

# A choice: a question, a proposal, or something that cannot stay as it is.
_PUTS_A_CHOICE = rule(
    "不如|建議|提議|一係|我(?:都)?(?:覺得|話)(?=.{3})|(?:有人|個客|佢哋)想|我想(?=[加搞換轉試用改整開請買租])|"
    r"(?<![一肯指固])定係|(?P<either>[一-鿿])定[^,]{1,8}(?P=either)",
    "(?P<verb>[一-鿿])唔(?P=verb)|[要好使應](?:該)?唔[要好使應]|可唔可以",
    r"(?<![\d一二兩三四五六七八九十半幾])點(?:算|搞|好|樣|做|收|揀|處理|覆|交代|畀)|邊(?:個|間|款|隻|日|度|幾)[^,]{0,6}好",
    "(?:好|太)(?:貴|遠|舊|細|多|少|嘈|逼|亂|凍|熱|夜|早|趕)|加(?:咗)?價|唔夠(?!膽)|擺唔晒|壞咗|爛咗",
    english(
        "should we|shall we|do we|could we|can we|are we|why don't we|what (?:about|if|do we)|how about|which",
    ),
)
_STARTS = r"(?:^\W*(?:(?:好|得|咁|ok|okay|嗯|係|嗱)(?:啦|喇|呀|吖|囉)?[, ]*)*|[,啦喇囉呀㗎] ?咁?)"
_PARTICLE = "(?:先)?(?:啦|喇|囉)"
# Verbs of getting or doing; the words after them are the choice.
_CHOOSES = (
    "(?:用|轉|換|搬|租|買|訂|揀|整|送|印|加|減|停|請(?!坐|講)|收(?!到|工|聲|拾)|開(?!始|會|工|心|口|講)|取消|標|參加|"
    "借|接|辦|派|寄|分|統一|搵返|試|維持|跟返|調|改)"
)
_NO_CHOICE = (
    "(?!我|你|佢|大家|阿|坐|企|休息|抖|過嚟|入嚟|係|得|啱|知|明|走|食|飲|散|開|講|傾|問|睇|等|再|繼續|算|冇|無|唔知|唔使急|即|差|其實|多謝|唔該|"
    "唔緊要|死|弊|太|[^,]{0,4}太|快|慢|早|就係|之後|下次|遲|到時|隨便|隨你|是但|有|會|未|仲|聽|今|可能|應該|上|去年|舊年|差唔多)"
)
_PICKS = rule(
    rf"{_STARTS}{_CHOOSES}(?![^,]{{0,3}}[咗過緊晒])[^,我你?]{{0,9}}{_PARTICLE}",
    rf"^\W*(?:(?:好|得|咁|ok|okay|嗯)(?:啦|喇|呀|吖)?[, ]*)*{_NO_CHOICE}[^,我你佢咗過緊㗎晒?]{{2,12}}"
    r"(?:先)?(?:啦|喇)(?=\W|$|[^啦喇囉]{2,14}$)|^\W*咁(?![^,]{0,2}不如)[^,我你佢咗過緊㗎?]{2,12}囉(?=\W|$)",
    rf"^\W*(?:好|得|ok|okay)(?:啦|喇|呀)?,\s*{_NO_CHOICE}(?=[^,]{{0,8}}[一-鿿])[^,我你佢咗過緊?㗎]{{2,10}}(?:,[^我你佢?]{{2,14}})?\W*$",
    r"^\W*(?:(?:yeah|yes|yep|ok(?:ay)?|no|nope|right|alright|fine|so|then|well|cool)[, ]+)+"
    r"(?:then |just )?(?:we'll|we will|let's|we keep|we go|we do)"
    r"(?! see| have to see| find out| move on| go through| talk)",
    r"^\W*(?:(?:ok(?:ay)?|right|alright|fine|so|cool|then)[, ]+)+"
    r"(?:go (?:back|with|for)|use|take(?! (?:your|a|it|care))|keep(?! (?:going|talking|in|on|me|us))|stick|drop|switch|"
    r"leave (?:it|that|them)(?! (?:with|to))|cancel|skip|stop(?! (?:there|for|it|here))|scrap|swap) ",
    r"^\W*(?:(?:so|okay|ok|right)[, ]+)no "
    r"(?!one|problem|worr|idea|news|change|need|point|luck|rush|pressure)[a-z]+(?=\W)",
    r"^\W*(?:(?:no|nope|yeah)[, ]+)?not (?:before|until|till|this|for now)(?![a-z])",
    r"^\W*(?:no|nope)[, ]+(?:we're not|kill|drop|scrap|skip|leave|cancel|keep)",
    r"^\W*(?:(?:ok(?:ay)?|right|so|cool|fine|alright)[, ]+)?"
    r"(?!(?:and|but|what|who|how|when|where|why|see|i|we|you|until|till|by|since|back|now|okay|ok|right|so|sure|yes|yeah|no|"
    r"fine|good|great|cool|alright|thanks|bye|well|nice)(?![a-z]))"
    r"[a-z][a-z' -]{2,30} then\W*$",
)
_ONLY_PROPOSES = rule("不如|建議|提議|一係|咪(?!住)|都要(?:啦|喇)")
_OBJECTS = rule(
    r"^\W*(?:吓|唔好|唔得|不過|但係?|又唔|我唔|都唔|(?:hmm+|but|no|nah|hang on|hold on|wait|i don't|not sure)(?![a-z]))"
)


def puts_a_choice(sentence: Sentence) -> bool:
    """Tell whether the sentence asks, proposes or criticises something that the next sentences may settle."""
    return _PUTS_A_CHOICE.search(sentence.folded) is not None


def settles_choice(sentence: Sentence, following: Sentence | None) -> bool:
    """Tell whether the sentence settles an open choice, without an objection in the next sentence."""
    folded = sentence.folded
    if is_closing(sentence) or leaves_open(folded) or _ONLY_PROPOSES.search(folded):
        return False
    if following is not None and _OBJECTS.match(following.folded):
        return False
    picked = _PICKS.search(folded)
    return picked is not None and not speaks_of_other_days(picked[0])
