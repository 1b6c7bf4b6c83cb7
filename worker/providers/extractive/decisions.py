"""Recognises decisions of the meeting, but no open, only proposed or earlier ones."""

from __future__ import annotations

from worker.providers.extractive.folding import english, rule
from worker.providers.extractive.framing import is_closing, speaks_of_other_days
from worker.providers.extractive.sentences import Sentence

_DECIDE = "(?:決定|議決|敲定|通過|同意|批准)"
_IF = "(?:如果|若果?|萬一|假如|除非)"
_UNDECIDED = rule(
    rf"(?:未|冇有?|無|唔|先|再|點|幾時|如何|(?<![員事商協學校工年大])會(?!議)|要|難|可以|才)(?:再|先|正式|去|嚟|能)?{_DECIDE}",
    rf"等(?:緊?[^,]{{1,8}})?{_DECIDE}|由.{{1,8}}決定",
    rf"(?:最遲|遲啲|到時|之後|下次)[^,]{{0,8}}{_DECIDE}",
    "決定(?:唔到|唔了|權|性|緊)|唔(?:同意|贊成|批)",
    rf"{_IF}[^。]{{0,30}}(?:取消|押後|{_DECIDE})|[唔冇無][^,]{{1,8}}就(?:要|會|得)?(?:取消|押後|停)",
    "(?:建議|提議|希望|想|申請)(?:通過|批准|由|將)|(?:希望|想請|爭取)[^,]{0,8}(?:同意|批准|通過)",
    english(
        "(?:haven't|hasn't|didn't|don't|can't|couldn't|never) (?:yet |really )?(?:decided?|agreed?|approved?|settled?)",
        "if (?:we|they|everyone|everybody|you|the \\w+) (?:all )?(?:decided?|agreed?|agrees|approves?)",
    ),
)
_MAKERS = "(?:大家|我哋|各位?[^,]{0,4}|全體|一致|董事會?|委員會?|會議|法團|主席|老細|老闆|都|就)"
_DECIDED = rule(
    "(?<!做)(?<!呢個)(?<!嗰個)(?<!嘅)(?<!出)決定|議決|決議|拍板|敲定|一於",
    "一致通過|獲得?通過|(?:票|全體|正式|投票|表決)[^,。]{0,8}通過|票贊成",
    "通過(?:咗|了)?[^,。]{0,14}(?:動議|議案|預算|紀錄|賬目|帳目|方案|建議|委任|更換|修訂|撥款|計劃|章程|報告)",
    r"(?:^|,)\W*(?:動議|議案)?(?:獲|已)?通過\W*$|(?<!有)[冇無]人?(?:異議|反對)",
    rf"{_MAKERS}(?:都|一致|原則上|最後|最終){{0,2}}(?:同意|贊成)|^(?:好|ok|咁)?\W{{0,2}}(?:同意|贊成)(?!,?(?:不過|但))",
    "批准|批(?:咗|了)(?!評|發)|核准|否決|採納|採用|委任(?!書|狀)|押後|擱置|(?:^|[,就會要])取消(?!咗)",
    "定為|選定|(?:揀|選)(?:咗|了)|揀(?=[A-Za-z一-鿿]{2,8}(?:啦|喇))|落實(?:用|咗|由|喺)|傾掂(?:數|咗)",
    "(?:我哋|大家)(?:都)?(?:一致|冇所謂|ok)|咁就?定(?:咗|喇|啦)|算數啦|^算啦|改(?:為|用|喺)|"
    r"維持(?:唔變|原)|(?:^|[,所以就都])維持(?=[^,]{1,10}\W*$)",
)
_WELL = r"(?:(?:好|咁|ok|okay|行|得|收到|明白|嗱)(?:啦|喇|呀|啊|吧)?[, ]*)"
_DAY = "(?:月|號|日|星期.|禮拜.|週.)"
_DO = "(?:請|參加|搞|買|換|做|租|訂|加|開|改|招|收|擺|用|採購|採納|續|增|出|借|接|辦|派|寄|同|幫)"
# 好，咁就… settles something. 咁就係 and 就話 are talk, and 我 makes it a promise.
_SETTLES = rule(
    rf"(?:^|,)\W*{_WELL}+(?:[^,我]{{0,6}}?)就(?!係|算|散|到|話|好|知|咁先|開始|可以|會|麻煩|請|交|由)[^我]{{2,}}",
    r"^(?:老細|老闆|主席|校長|主任)?(?:話)?\W?(?:好|即刻|ok)\W?[^,我]{1,10}(?:啦|喇)\W*(?=$|,|簽)",
    rf"定(?=[^,]{{1,10}}{_DAY}[^,]{{0,6}}(?:啦|喇))|就(?:用|揀|選)(?!唔|晒|嚟)",
)
# 換啦, 頂住三個月先啦 and 照舊 settle a choice that was just put.
_SETTLES_BRIEFLY = rule(
    rf"^\W*(?:咁|緊係|梗係)?(?:{_DO}|追|搬|取消|批|減|簽)(?:佢)?(?:啦|喇)",
    r"^\W*咁[^,我你走食散]{2,14}先(?:啦|喇)",
    "照舊|照做|照用|唔改(?:㗎喇|啦)|唔好(?:過|超過)[^,]{1,6}(?:啦|喇)",
    rf"都係唔好{_DO}|唔{_DO}(?:佢)?(?:住|㗎喇)|^咁?都係(?:跟|用|揀|要|買|去|請|做)[^,]{{1,12}}(?:啦|喇|好啲)",
)
# Rules about time: from now on, no longer, not this time, put off until.
_RULES_FROM_NOW = rule(
    rf"(?:即日|今日|今天|由?[^,。]{{0,3}}{_DAY})(?:起|開始)[^。]{{0,8}}(?:一律|全部|必須|唔准|禁止|改)",
    "由[^,。]{1,10}(?:起|開始)[^。]{0,20}(?:加|減|改|實行|執行|統一|生效|一律)",
    rf"(?:今次|今年|今屆|暫時|以後|下次|呢次|就)(?:都|就)?(?:先)?唔(?:好|再|要)?{_DO}|暫唔|唔好?再{_DO}",
    rf"(?<![一-鿿]都)唔(?:使|好|再)?(?:{_DO}|印|準備|整|包|派|出|要)[^,唔?到]{{0,6}}(?:㗎)?喇(?!喎)",
    "唔(?:用|使)[^,]{0,3},? ?只[^,]{1,8}(?:可以|得)",
    rf"(?:延|改|推遲|提早|押後|提前)(?:到|至|去|多)[^。]{{0,8}}(?:下|{_DAY})",
)
_BODIES_EN = "(?:board|committee|council|meeting|chair|members|directors|everyone|everybody|management|team)"
_IS_EN = "(?:is|are|was|were|been)"
_DECIDED_EN = rule(
    english(
        "we(?:'ve| have)?(?: all| also| just| finally| unanimously)? "
        "(?:decided|agreed|resolved|chose|chosen|voted|settled|approved)",
        f"{_BODIES_EN}(?: has| have)?(?: unanimously)? (?:decided|agreed|resolved|voted|approved)",
        "(?:it (?:was|is|has been)|it's) (?:resolved|agreed|decided)|resolved that|unanimous(?:ly)?",
        "we(?:'re| are)(?: all)? agreed",
        "(?:that's|that is|so it's|it's) (?:agreed|decided|settled|approved|a deal|a yes)",
        f"{_IS_EN} (?:carried|approved|adopted|passed|resolved|endorsed|rejected|accepted|cancell?ed|postponed)",
        "(?:i|i'm|we) (?:hereby )?approv(?:e|ing)|consensus is",
        "(?:the )?(?:final )?decision(?: is|:| was)(?! not| hard| a hard| difficult| still| up| yours| ours| theirs)",
        "we(?:'re| are) (?:going (?:ahead )?(?:with|for)|sticking with|dropping|cancelling|canceling|not going|keeping|"
        "moving (?:it|the))",
        "we(?:'re| are) not (?:doing|having|using|taking|buying|hiring)|we(?:'re| are) doing [a-z ]{2,30} then",
        "every(?:one|body)(?:'s| is) (?:happy|fine|ok|okay) with|the answer is (?:no|yes)|that's settled",
        "we(?:'re| are) going to "
        "(?:cancel|drop|stop|close|move|switch|use|keep|change|postpone|raise|cut|hire|replace)",
        "we(?:'ll| will) (?:go (?:ahead )?(?:with|for)|stick (?:with|to)|keep|not|drop|use|postpone|cancel|no longer)",
        "let's (?:just )?(?:buy|get the|kill|skip|take the|launch|ship|hire)",
        "let's (?:just )?(?:go (?:ahead )?(?:with|for)|stick (?:with|to)|drop|use|keep(?! it (?:short|brief|quick))|"
        "cancel|postpone|move (?:it|the)|make it|settle on|not|leave it at|do (?:the|option|it))",
        "that's the (?:rule|plan|deal)(?: then| now)?",
        "(?:everyone|everybody|all) (?:good|happy|fine|ok|okay) with (?:that|it)",
        "(?:so|right|nope|no|okay|ok|yeah),? (?:we're )?(?:killing|scrapping|dropping|binning|cutting|parking|keeping) "
        "(?:it|that|them|the)",
        "(?:so|right|okay|ok),? (?:bump|raise|lower|cap|move|cut|push|drop|switch|split) (?:it|that|them|the \\w+) "
        "(?:to|at|by|for|from|into)",
        "(?:settled|sign(?:ed)? off|decided|landed) on|where we(?:'ve)? (?:landed|ended up)|let's try (?:that|it)",
    ),
    r"^\W*(?:ok(?:ay)?,?\s|right,?\s|so,?\s)?(?:agreed|approved|decided|settled|deal)(?![a-z])\W+[a-z]",
    r"^\W*(?:from|starting|effective)\s+"
    r"(?:now on|today|tomorrow|(?:mon|tues|wednes|thurs|fri)day|next \w+|this \w+|\d)",
    r"^\W*(?:(?:ok(?:ay)?|right|so|then|well)[, ]+)*(?!how|what|that|where)\w+ it is\W*$",
)
# Decisions of today, although the sentence also mentions something past.
_TODAY_ALL_THE_SAME = rule(
    "唔好再",
    r"^\W*(?:好|咁|ok)\W{0,2}就|^咁?都係",
    "上次會議嘅?紀錄|票(?:贊成|通過)|一致通過|獲得?通過",
)


def leaves_open(folded: str) -> bool:
    """Tell whether the text says that nothing is decided yet."""
    return _UNDECIDED.search(folded) is not None


def is_decision(sentence: Sentence) -> bool:
    folded = sentence.folded
    if speaks_of_other_days(folded) and not _TODAY_ALL_THE_SAME.search(folded):
        return False
    if leaves_open(folded):
        return False
    if _DECIDED.search(folded) or _DECIDED_EN.search(folded):
        return True
    settling = (_SETTLES, _SETTLES_BRIEFLY, _RULES_FROM_NOW)
    return not is_closing(sentence) and any(pattern.search(folded) for pattern in settling)
