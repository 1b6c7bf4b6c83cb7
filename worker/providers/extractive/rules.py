"""What a sentence is: a greeting, an item of the agenda, a decision, a question, a risk. Pure, sentence by sentence."""

from __future__ import annotations

from worker.providers.extractive.folding import rule
from worker.providers.extractive.sentences import Sentence

# ---- what is no content -------------------------------------------------------------------------------------

_GREETING = rule(
    r"^\W*(?:(?:好|ok|okay|咁|嗱|喂|hello|hi|hey)\W*)?(?:大家|各位[^,。]{0,6}?)?\W*"
    r"(?:早晨|早神|早上好|下午好|晚上好|午安|大家好|各位好|你好|您好|歡迎|多謝(?:大家|各位|晒|出席)|"
    r"謝謝(?:大家|各位)?|"
    r"hello|hi|hey|good (?:morning|afternoon|evening|day)|morning|welcome|thanks?(?: you)?(?![a-z]))"
    r"(?:,? ?(?:大家|各位(?:同事|老師|委員|董事)?|everyone|everybody|all|team|gentlemen|ladies|folks|guys|"
    r"主席))*\W*"
)
_CLOSING = rule(
    r"散會|(?:今日|今天|今次|今晚)[^,。]{0,8}(?:到(?:呢度|這裏|此)|咁先|先啦)|^\W*(?:冇|無)?(?:好啦?|ok|"
    r"咁)?\W*(?:就)?咁先|辛苦(?:晒|大家|各位)|"
    r"會議[^,。]{0,10}結束|^.{0,8}(?:開始|開工|食飯)(?:啦|喇|得|大家|$)|多謝(?:大家|各位|晒)|"
    r"(?<!不用)謝謝(?:大家|各位|$)|唔該晒|"
    r"(?<![a-z])(?:bye|have a (?:nice|good)|meeting (?:is|was) (?:adjourned|closed)|that's (?:it|all)|"
    r"let's (?:get started|begin|start$|wrap up)|thanks,? (?:all|everyone|everybody)|thank you,? (?:all|"
    r"everyone))"
)
_HOUSEKEEPING = rule(
    r"聽(?:唔聽)?(?:得)?到(?:我)?|開(?:始)?得未|(?<![a-z])(?:can (?:you|everyone|everybody|anyone) (?:hear|"
    r"see)|am i audible|"
    r"you're (?:on )?mute|is this (?:on|working))"
)
_AGENDA = rule(
    r"議程|(?:今日|今天|今次|今晚|今個(?:禮拜|星期))[^。]{0,14}?(?:傾|討論|講|檢討|過一過|跟進下|睇下|處理)|"
    r"(?:傾|討論|講)[^。]{0,6}(?:[一二兩三四五六七八]|\d|幾)(?:件事|樣嘢|項|樣|點)|主要(?:傾|講|討論|跟進)|"
    r"^(?:首先|跟住|然後|最後|另外|第.(?:項|樣|個議題))"
    r"[,係是想]{0,2}(?:講|傾|討論|確認)[^。]{0,12}$|"
    r"(?<![a-z])(?:agenda|today we(?:'ll| will| are going to)|we(?:'ll| will| are going to) (?:go through|"
    r"discuss|cover|talk about|"
    r"look at|start with|begin with|move on)|let's (?:start with|talk about|move on|go through|discuss|"
    r"look at)|"
    r"(?:first|second|third|next|last) (?:item|topic|point))"
)
_ACKNOWLEDGES = rule(
    r"^\W*(?:好|收到|明白|冇問題|無問題|沒問題|得|可以|係|ok(?:ay)?|noted|sure|yes|yeah|yep|will do|no problem|"
    r"of course|understood|right|"
    r"got it|certainly|absolutely|thank you|fine)(?:[呀啊㗎嘅的啦,.!。 ]|doctor|主席|校長|冇問題|no problem|"
    r"收到|明白|will do)*\W*"
)
ELSEWHEN = rule(
    r"上次|上一次|上(?:個)?(?:月|星期|禮拜|週)(?!起)|舊年|去年|上年|之前(?:已經|講|話|決定|定)|以前|嗰陣|當時|"
    r"(?:琴|尋|昨)[日天]|已經|早就|"
    r"(?<![a-z])(?:last (?:week|month|year|time|meeting|sprint)|at the last|previously|already|used to|"
    r"was supposed|were supposed|"
    r"back then|yesterday|(?:discussed|mentioned|decided|agreed|said) earlier|earlier (?:today|this))(?![a-z])"
)

_LONGEST_CLOSING = 60


def greeting_end(sentence: Sentence) -> int:
    """Where the greeting that the sentence opens with ends; 0 without one."""
    match = _GREETING.match(sentence.folded)
    return match.end() if match else 0


def is_closing(sentence: Sentence) -> bool:
    """A short sentence that opens or closes the meeting; in a long one something else is said as well."""
    if sentence.width > _LONGEST_CLOSING:
        return False
    return _CLOSING.search(sentence.folded) is not None or _HOUSEKEEPING.search(sentence.folded) is not None


def is_agenda(sentence: Sentence) -> bool:
    return _AGENDA.search(sentence.folded) is not None


def after_agenda(sentence: Sentence) -> Sentence | None:
    """The clauses after the one that names the agenda; the sentence itself where none does."""
    match = _AGENDA.search(sentence.folded)
    if match is None:
        return sentence
    rest = [start for start, _ in sentence.clauses() if start >= match.end()]
    return sentence.cut(rest[0], len(sentence.text)) if rest else None


def acknowledgement_end(sentence: Sentence) -> int:
    """Where an opening "Sure," or 收到， ends; 0 without one, and for 得返 or "right now"."""
    match = _ACKNOWLEDGES.match(sentence.folded)
    if match is None:
        return 0
    rest = sentence.folded[match.end() :]
    apart = not rest or not match[0][-1].isalnum() or rest.startswith("我") or rest.lower().startswith("i'")
    return match.end() if apart else 0


def essence(sentence: Sentence) -> Sentence:
    """我聽日落單 of 好，我聽日落單，大家有冇問題？; the sentence itself where nothing else is said."""
    start, end = acknowledgement_end(sentence), len(sentence.text)
    for clause_start, clause_end in reversed(sentence.clauses()):
        if clause_start <= start or not _PROCEDURAL.search(sentence.folded, clause_start, clause_end):
            break
        end = clause_start
    return sentence.cut(start, end)


def speaks_of_the_past(folded: str) -> bool:
    return ELSEWHEN.search(folded) is not None


# ---- questions ----------------------------------------------------------------------------------------------

_MARK = rule(r"\?")
_ASKS = rule(
    r"邊(?:個|度|間|位|啲|日)|(?:為)?乜(?:嘢)?|(?:做|係|食|有|要|為|原因是|是)(?:咩|什麼|甚麼|乜)|(?:什麼|甚麼|"
    r"咩)(?:時候|原因|事|人|方法)|幾時|點解|點(?:樣|算|搞|做|處理|講)|"
    r"怎麼(?:辦|樣|做|會)|怎樣|如何|為什麼|為何|誰|哪(?:裏|個|間|些|位)|幾多|多少(?!少)|"
    r"係咪|係唔係|是不是|是否|會否(?!決)|可否|能否|應否|有冇|有沒有|會唔會|會不會|可唔可以|可不可以|使唔使|"
    r"用不用|需唔需要|需不需要|要唔要|要不要|"
    r"得唔得|行唔行|好唔好|應唔應(?:該|承)?|夠唔夠|做唔做|搬唔搬|換唔換|知唔知|同唔同意|啱唔啱|開唔開|"
    r"(?P<same>[一-鿿])(?:唔|不)(?P=same)|(?:嗎|嘛|未|咩)\W*$|(?:做|搞|收|出|簽|開|完成|交|寫|訂|買)(?:咗|好)未"
)
_ASKS_EN = rule(
    r"^\W*(?:(?:and|so|but|okay|ok|then|also|well|right|sorry|yes|no),?\s+)*(?:"
    r"(?:what|when|where|who|whom|whose|which|why|how)(?:'s|'re)?\s+(?!a |an |about |if )|what about|how about|"
    r"(?:do|does|did|is|are|was|were|has|have|had|can|could|should|shall|will|would|may)(?:n't)?\s+"
    r"(?:we|i|you|they|he|she|it|the|this|that|there|these|those|any|anyone|anybody|our|your|their|his|her|"
    r"(?-i:[A-Z][a-z]+)|[a-z]+s?\s)(?![a-z]*\s*$))"
)
# 我唔知點解, 睇下邊個得閒: the words of a question without one being asked.
_ONLY_TELLS = rule(
    r"唔知|不知道|不清楚|唔清楚|睇(?:下|吓|埋)|(?<!想)(?<!請)問(?:下|吓|佢|我|點|幾|邊|咗)|無論|唔理|不管|冇話|"
    r"未(?:決定|知|話|定|傾)|考慮緊|研究|視乎|取決|話(?:畀|返).{0,4}知|記得|"
    r"(?:點解|幾時|點樣)都|(?:幾|多)少少|冇咩|冇乜|唔係咩|沒什麼|冇(?:幾|邊)|幾(?:多)?都|(?:幾時|點樣|"
    r"點做)[^,]{0,8}(?:就|都)得|"
    r"都(?:唔緊要|好(?=\W*$)|得(?=\W*$)|冇所謂)|傾下|講下|討論|(?:唔|不)(?:到|見|夠|好|知|係)[^,]{0,3}(?:嗎|"
    r"嘛)?$|"
    r"(?<![a-z])(?:don't know|not sure|wonder|depends|whether|tell (?:us|me)|told (?:us|me)|decided (?:what|"
    r"how|when|who)|"
    r"know (?:what|how|when|who|why)|see (?:how|what)|no idea)(?![a-z])"
)
_PROCEDURAL = rule(
    r"(?:大家|各位|仲|還|有冇人?)?[^,]{0,6}(?:有冇|有沒有|仲有冇)(?:人)?(?:其他(?=事|嘢|問題|補充|意見|人|想|"
    r"\W*$)|補充|異議|修訂|問題|意見|人反對|反對|咩想講|嘢想講|嘢要講)|冇其他(?=事|嘢|問題|意見)|有冇問題|"
    r"明(?:唔明)?白(?:嗎|未)|"
    r"聽唔聽到|聽到.{0,5}嗎|"
    r"(?<![a-z])(?:any (?:other|questions?|objections?|comments?|more)|anything else|can (?:you|everybody|"
    r"everyone|anyone) hear|"
    r"is that (?:ok|okay|clear|right)|shall we (?:start|begin|move on|wrap)|does that make sense|make sense|"
    r"sounds good)"
)
_LEAST_QUESTION_WIDTH = 9


def is_question(sentence: Sentence) -> bool:
    """Something is asked about a matter: by its mark, or in speech without marks by its words."""
    folded = sentence.folded
    if sentence.width < _LEAST_QUESTION_WIDTH or _PROCEDURAL.search(folded) or greeting_end(sentence) == len(folded):
        return False
    if _MARK.search(folded[-3:]):
        return True
    if folded[-1] in "。.!！":
        return False
    if _ASKS_EN.match(folded):
        return True
    return _ASKS.search(folded) is not None and _ONLY_TELLS.search(folded) is None


# ---- decisions ----------------------------------------------------------------------------------------------

_UNDECIDED = rule(
    r"(?:未|冇|沒有|沒|無|唔|不|先|再|點|幾時|如何|會(?!議)|要|等(?:緊?[^,]{1,8})?|由.{1,8}|難|可以|才|"
    r"未有)(?:再|先|正式|去|嚟|能)?(?:決定|議決|敲定|通過|同意|批准|批(?=$|,))|決定(?:唔到|不了|權|性|緊)|"
    r"(?:如果|萬一|假如|除非|若)[^。]{0,30}(?:取消|決定|同意|批准|通過|押後)|唔(?:同意|贊成|批)|不(?:同意|贊成|"
    r"批准)|(?:動議|建議|提議|希望|想|申請)(?:通過|批准|由|將)|^(?:我|本人)(?:動議|建議|提議)|"
    r"(?<![a-z])(?:not (?:yet )?(?:been )?(?:decided|agreed|approved|resolved|settled)|(?:haven't|hasn't|"
    r"didn't|don't|can't|couldn't|never)"
    r" (?:yet |really )?(?:decided?|agreed?|approved?|settled?)|still (?:to decide|haven't)|before (?:we|"
    r"they) (?:decide|agree)|"
    r"(?:need|needs|have|has|want|wait|able|try(?:ing)?) to (?:decide|agree|approve)|to be (?:decided|agreed|"
    r"approved)|undecided|"
    r"(?:will|should|can|could|who|if (?:we|they)) (?:decide|agree|approve)s?|if (?:we|they) (?:decided?|"
    r"agreed?))(?![a-z])"
)
_DECIDED = rule(
    r"(?<!做)(?<!呢個)(?<!嗰個)(?<!嘅)(?<!出)(?<!個別)決定|一於|議決|拍板|敲定|一致通過|獲(?:得)?通過|(?:票|"
    r"全體|正式|投票|表決)[^,。]{0,8}通過|通過(?:咗|了)?[^,。]{0,14}(?:動議|議案|預算|紀錄|賬目|帳目|方案|建議|"
    r"委任|更換|"
    r"修訂|撥款|計劃|章程|報告)|(?:大家|我哋|各位?[^,]{0,4}|全體|一致|董事會?|委員會?|會議|法團|主席|老細|老闆|"
    r"都|就)(?:都|一致)?(?:同意|贊成)|"
    r"^(?:好|ok|咁)?\W{0,2}(?:同意|贊成|批准|批咗|核准)|批准(?:咗|了)?|批(?:咗|了)(?!評|發)|核准|否決|定為|"
    r"選定|揀咗|揀(?=[A-Za-z一-鿿]{2,8}(?:啦|喇))|採納|採用|委任(?!書|狀)|"
    r"押後|擱置|(?:^|[,就會要])取消(?!咗)|決議|落實(?:用|咗|由|喺)|改為|改用|維持不變|維持原"
)
_SETTLES = rule(
    r"(?:^|,)\W*(?:(?:好|咁|ok|okay|行|得|收到|明白|嗱)(?:啦|喇|呀|啊|吧)?[, ]*)+(?:[^,我]{0,6}?)就(?!係|算|散|"
    r"到|話|好|知|咁先|開始|可以|會)[^我]{2,}|"
    r"就(?:咁樣?|這樣|咁)(?:定|決定|做|辦|話|去)|^\W*(?:好[^,]{1,6}就|就)[^,]{1,10}(?:啦|喇|吧)\W*$|"
    r"^(?:老細|老闆|主席|校長|主任)?(?:話)?\W?(?:好|即刻|ok)\W?[^,我]{1,10}(?:啦|喇)\W*(?=$|,|簽)|"
    r"(?:即日|今日|今天|由?[^,。]{0,3}(?:月|號|日|星期.|禮拜.))(?:起|開始)[^。]{0,8}(?:一律|全部|必須|唔准|"
    r"不准|禁止|改)|(?:即日|今[日天])(?:起|開始)[^。]{2,20}(?:一律|全部|都要|必須|唔准)|"
    r"由[^,。]{1,10}(?:起|開始)[^。]{0,20}(?:加|減|改|實行|執行|統一|生效|一律)|(?:今次|今年|今屆|暫時|以後|"
    r"下次|呢次|就)(?:都|就)?(?:唔|不|先唔)(?:好|再|要)?(?:請|參加|搞|買|換|做|租|訂|加|開|改|招|收|擺|用|採購|"
    r"採納|續|增|出)|"
    r"暫不|(?:唔好|唔|不)再(?:用|請|訂|做|搞|買|續|同|幫|租|借|招|收|出|開|接|加|辦|派|寄)|唔(?:用|"
    r"使)[^,]{0,3},?\s?只[^,]{1,8}(?:就)?(?:可以|得)|"
    r"(?:延|改|推遲|提早|押後|提前)(?:到|至|去|多)[^。]{0,8}(?:月|號|日|星期|禮拜|下)"
)
_DECIDED_EN = rule(
    r"(?<![a-z])(?:we(?:'ve| have)?(?: all| also| just| finally| unanimously)? (?:decided|agreed|resolved|"
    r"chose|chosen|voted|settled|approved)|"
    r"(?:board|committee|council|meeting|chair|members|directors|everyone|management|team)(?: has|"
    r" have)?(?: unanimously)? (?:decided|agreed|resolved|voted|approved)|"
    r"(?:it (?:was|is|has been)|it's) (?:resolved|agreed|decided)|we(?:'re| are)(?: all)? agreed|(?:that's|"
    r"that is|so it's|it's) (?:agreed|decided|settled|approved|a deal)|"
    r"(?:is|are|was|were|been) (?:carried|approved|adopted|passed|resolved|endorsed|rejected|accepted)|"
    r"(?:motion|resolution) (?:carried|passed)|"
    r"(?:i|i'm|we) (?:hereby )?approv(?:e|ing)|resolved that|(?:the )?decision(?: is|:| was)|"
    r"we(?:'re| are) (?:going (?:ahead )?with|sticking with|dropping|cancelling|canceling|not going|keeping|"
    r"moving (?:it|the))|"
    r"we(?:'re| are) going to (?:cancel|drop|stop|close|move|switch|use|keep|change|postpone|raise|cut|hire|"
    r"replace)|"
    r"we(?:'ll| will) (?:go (?:ahead )?with|stick (?:with|to)|keep|not|drop|use|postpone|cancel|no longer)|"
    r"(?<!afraid )we won't (?!make|have|be|get|finish|know|meet)|"
    r"let's (?:go (?:ahead )?with|stick (?:with|to)|drop|use|keep|cancel|postpone|move (?:it|the)|make it|"
    r"settle on|not|leave it at)|"
    r"(?:settled|sign(?:ed)? off|decided) on|has been (?:chosen|selected|cancelled|postponed)|"
    r"unanimous(?:ly)?)(?![a-z])|"
    r"^\W*(?:ok(?:ay)?,?\s|right,?\s|so,?\s)?(?:agreed|approved|decided|settled|deal)(?![a-z])\W+[a-z]|"
    r"^\W*(?:from|starting|effective)\s+(?:now on|today|tomorrow|monday|tuesday|wednesday|thursday|friday|"
    r"next \w+|this \w+|\d)"
)


def is_decision(sentence: Sentence) -> bool:
    """Something is settled here; not what is still open, only proposed, or was settled elsewhere."""
    folded = sentence.folded
    if speaks_of_the_past(folded) and not _TODAY_ALL_THE_SAME.search(folded):
        return False
    if _UNDECIDED.search(folded):
        return False
    if _DECIDED.search(folded) or _DECIDED_EN.search(folded):
        return True
    return _SETTLES.search(folded) is not None and not is_closing(sentence)


# Decided today although something past is named in the same breath.
_TODAY_ALL_THE_SAME = rule(
    r"唔好再|^\W*(?:好|咁|ok)\W{0,2}就|上次會議(?:的|嘅)?紀錄|票(?:贊成|通過)|一致通過|獲(?:得)?通過|"
    r"minutes of the (?:last|previous)"
)

# ---- risks --------------------------------------------------------------------------------------------------

_RISK = rule(
    r"風險|擔心|恐怕|驚(?!喜|人|訝)(?=.{2})|(?<!恐)怕(?=.{3})|趕唔切|來不及|嚟唔切|(?:好|太)趕|超支|赤字|"
    r"(?:可能|有機會|或會|有可能)(?:會)?[^,。]{0,12}(?:遲|延誤|延期|斷貨|斷|超支|超出|唔夠|影響|赤字|唔夠|不夠|"
    r"失敗|罰|停工|停|蝕|冇人|沒有人|出事|爆|漏|投訴|缺|出錯|壞|拖|輸|走|流失)|"
    r"(?:如果|萬一|假如)[^。]{2,24}(?:就|,)(?:會|要|冇|無|沒|拖|cancel|停|唔可以|不可以|好|趕|斷|蝕|罰|麻煩|"
    r"大鑊|弊|死|慘)|會影響|拖累|告我哋|"
    r"(?<![a-z])(?:risks?|risky|worr(?:y|ied|ies)|concern(?:ed|s)?(?! about you)|afraid|danger|in jeopardy|"
    r"blockers?|run(?:ning)? out of|"
    r"(?:might|may|could) (?:not |also |well )?(?:miss|lose|fail|slip|delay|break|overrun|clash|collide|"
    r"be (?:late|delayed|short)|run out|have to (?:stop|close)|"
    r"make it|meet|finish|get)|won't (?:make|meet|finish)|if [^.]{3,40}?,? (?:we|it|they|the \w+)(?:'ll| will|"
    r" may| might| would) (?:lose|miss|fail|have to|not|slip|run)|jeopardi[sz]e|at stake)(?![a-z])"
)
_RELIEF = rule(
    r"唔使(?:擔心|驚)|冇(?:乜)?風險|不用擔心|唔怕|不怕|no (?:risk|worries|concern)|not worried|don't worry|"
    r"never mind"
)


def is_risk(sentence: Sentence) -> bool:
    """Something is said to be likely to go wrong."""
    return _RISK.search(sentence.folded) is not None and _RELIEF.search(sentence.folded) is None
