"""Single sentences and their kinds, from which the rules were made."""

from __future__ import annotations

from datetime import date

import pytest

from worker.providers import SummaryRequest, TranscriptLine
from worker.providers.extractive import ExtractiveSummarizer

TASKS = """
阿明你負責聯絡場地，下星期五之前覆我
請嘉儀整理會議紀錄
由市場部準備宣傳單張
我會跟進保險嘅問題
阿玲同志偉負責佈置禮堂
陳主任會同家長教師會確認日期
麻煩秘書處發電郵通知各會員
李經理，你聽日打畀業主問清楚
嘉儀，你可唔可以喺星期四之前做好個PPT？
可唔可以請小美幫手訂位？
財務部下星期一前要交上半年嘅帳目
阿強跟返業主嗰邊，睇下佢肯唔肯減租
呢件事交畀阿輝處理
交由工程部跟進滲水問題
我哋要喺十二月一號之前交齊文件畀政府
Mary to circulate the draft by Monday.
John, can you book the venue?
Can you, Mary, send me the figures by Thursday?
I'll talk to the landlord tomorrow.
The finance team will prepare the accounts by 15/12.
Peter needs to call the supplier.
Action: Susan to renew the licence.
Please send your slides to Kelly before Friday.
We need to submit the tax return by the end of November.
Tony is responsible for the catering.
Let's ask Ken to check the wiring.
Someone should check the fire extinguishers before December 1.
David, please update the spreadsheet.
We'll have Janet draft the letter.
Could somebody look into the leak?
I can take that one.
Emily agreed to contact the school.
Alan's going to fix the printer this week.
咁我負責聯絡傳媒，志明負責攝影
呢份計劃書由Peter同Mary一齊寫，月中交初稿
麻煩Joyce將今日嘅會議紀錄整理好send畀大家
Follow up: Joyce 下星期二前book返個會議室
阿Ken你幫手check下個server log
我返去同老細講下先，聽日覆你
人事部張小姐會跟進請人嘅廣告
王经理明天会把合同发给客户
小李你去联系供应商,星期五之前给我报价
请大家在月底之前提交年度报告
技术团队需要在十二月十号之前修复这个漏洞
我来写这个方案
這個問題由設計部負責，兩個星期內完成
各委員請於十二月五日前回覆秘書
司庫須於下次會議前提交財務報告
請校務處安排消毒
我哋下星期三之前要交標書
標書交畀阿芬寫，佢最熟
不如阿B你去影相啦
你同Sam講聲，叫佢聽日帶埋支咪嚟
雯雯，幫我印廿份問卷
Jessie聽日會去銀行開戶口
我今晚send個link畀你哋
我遲啲會再約個客出嚟傾
由阿聰去買獎品，預算二千蚊
搵阿聰去買獎品啦
阿聰買獎品，我訂場
記得星期五前報名
Sarah, could you please forward the minutes to everyone?
Michael will get back to us with a quote by the end of the week.
I'm going to draft a proposal and circulate it next week.
The contractor must repair the leak within two weeks.
Can we ask Legal to review the contract?
HR will arrange the interviews.
Action item: update the website.
Lisa and Tom will organise the party.
Let me follow up with the bank.
You need to send me the receipts by tomorrow.
Next step is for Amy to contact the hotel.
Amy's action: contact the hotel.
Just a reminder, timesheets must be submitted by Friday.
Mr. Wong will speak to the council on Monday.
I'd like Kevin to prepare the slides.
Kevin, prepare the slides please.
I will make sure the alarm is fixed.
we'll ask Sandy to book the hall
阿輝話佢會去海關攞返啲貨
咁呢樣就麻煩楊生你啦，你熟啲，幫我哋問下價錢
呢個我嚟搞，下個月頭交貨
我同阿珊會喺星期六去佈置會場
張太負責收錢，李太負責買餸
中文科同英文科各自交一份工作紙，一月八號截止
阿豪要喺聖誕前搞掂個網站
IT同事會幫大家開戶口
盡快通知所有家長，星期四前要攞到回條
每位組長請於本週五前提交下季工作計劃
秘書長會將會議紀錄電郵給各位
委員會授權主席跟政府商討租約，三個月內匯報
會後由秘書處草擬信件，寄給食環署
請各部門主管於十二月三十一日前完成員工評核
建築師將於下周提交修訂圖則
小明你記住帶相機
唔該阿姐幫手抹乾淨啲枱
喂阿東，聽日嗰份嘢你send咗畀人先好返工
下個禮拜三我會去機場接個客
陳醫生會寫封轉介信
藥房要補貨，阿敏你今日打電話
姑娘會打電話覆啲病人
我們会安排技术人员下周一上门检查
李工，你把图纸改一下，后天给我
财务要在二十五号之前把工资发了
吊船公司星期五會上嚟維修
Okay Brian, you take the slides and I'll take the demo.
Jess will own the rollout plan.
Someone from facilities needs to unlock the hall by eight tomorrow.
Can someone remind parents about the deadline?
We'll need Paul to sign off the invoice by Wednesday.
The board asked management to report back in March.
The secretary was asked to write to the council.
I'll have the numbers for you tomorrow.
I'll get that done by tonight.
Rachel is going to look into insurance.
Could you, Ben, double-check the figures?
Management to revert by 31 December.
Dr. Lau to contact the hospital.
Ivy, would you mind booking the flights?
Ivy please book the flights
so Henry you'll send the invoice today
Let's have the team test it tomorrow.
嗱我嚟跟住呢單嘢啦你唔使理
阿Wing你得閒幫我睇睇份合約得唔得
你哋兩個邊個都好總之星期三前要畀到我
阿麗呢份嘢交畀你跟喇喎
我試下搵阿叔幫手啦聽晚話你知
咪叫阿May幫手影相囉
呢啲我哋下個禮拜搞掂佢
份嘢我今晚執好佢send返畀你
你哋記得填返張表呀最遲聽日
叫師傅星期一上嚟整返好佢
yeah I'll shoot them an email tonight
okay so you're gonna send me that list right
maybe Tom you could take a first stab at the doc
I guess I'll do the slides then
let's get Priya to look at that bug
we should probably call the landlord before Friday
um so action on me to chase the invoice
Jo's gonna sort the catering
can you guys just double check the dates before Monday
I owe you the numbers I'll get them over by Thursday
Peter you're on the hook for the budget
咁我打畀供應商問下
好呀我同佢哋講聲先
維修嗰邊我搵人搞
Katie你同酒店嗰個經理Raymond講
叫阿Yan準備新合約
管業處聽日聯絡保險公司
Get me two quotes by Monday.
"""
DECISIONS = """
我哋決定用方案B
會議決定加租百分之三
大家一致同意取消聖誕聯歡
咁就咁決定啦，星期六開檔
經投票，以七票對三票通過加建圍欄
全體通過上次會議紀錄
我哋改用電子表格收集資料
最後揀咗A公司
唔再租呢個倉
校長批准咗呢個預算
今年唔搞聖誕聯歡
呢個議題押後到下次會議討論
將開放日改到一月十七號
咁就用舊年嗰個設計啦
大家都冇異議，咁就通過
董事會否決咗加價建議
We decided to hire two more people.
It was agreed that the rent be raised.
Let's go with option two.
The board approved the budget.
We're going to cancel the trip.
The motion was passed unanimously.
Okay so we will stick with the current supplier.
We have chosen the blue design.
No more overtime from next month, that's decided.
好，咁就揀星期六舉行
我哋一致決定聘請陳小姐做文員
最終我們决定不搬办公室
会议通过了明年的预算
大家同意每人夾五十蚊
老闆拍板用新供應商
主席宣布動議獲得通過
由下個月起，管理費加百分之五
呢個項目暫時擱置
議決：委任李先生為核數師
敲定咗十二月二十號搞聯歡會
就用藍色嗰個logo啦
OK就噉話，下星期出糧
我哋傾好咗，租金維持不變
一於用呢個方案
So we're agreed, we buy the second printer.
The committee resolved to increase fees by five percent.
We have agreed on a budget of ten thousand.
All in favour, the motion is carried.
We'll postpone the launch until March.
Let's cancel the Friday meeting.
It has been decided that the office will close on Christmas Eve.
We are not going to renew the contract.
OK, final decision: we use the blue one.
Everyone agreed to start earlier.
咁大家舉手表決，十二票贊成，通過
好啦，定十二月二十號啦
咁我哋傾掂數，每人出三百
主席：無人反對，動議通過
會議同意將捐款上限提高至五萬元
管理委員會決定即日起禁止餵飼白鴿
老闆决定把展会推迟到三月
最后大家都选了第二个方案
我们同意降价百分之三
今次活動改喺室內舉行
今年嘅獎學金名額增加到十個，大家冇異議
暫時唔加租
取消原定星期日嘅行山活動
咁就定咗係李生做主席
董事會原則上同意收購
個logo就用綠色嗰隻
OK then, Tuesday it is.
We're all agreed on the new logo.
The consensus is to keep the current vendor.
Let's do the first option.
The proposal was rejected.
We voted to extend the lease.
So that's a yes to the new printer.
The budget has been approved.
We'll go for the cheaper one.
The trip is cancelled.
咁算數啦唔好搞喇
咁即係大家都ok用A啦
得啦就A啦
咁我哋一致㗎啦搬去樓上
好喇咁定咗星期六先
都係跟舊年嗰個價啦
咁我就當大家同意喇喎
嗱拍板喇五萬蚊封頂
算啦唔換住先
好啦買啦買啦
咁就兩架車啦夠㗎喇
alright so we're doing Tuesdays then
okay so that's settled Friday at six
fine let's just buy the bigger one
so we're not doing the free tier
I think everybody's happy with blue so blue
so the answer is no we don't extend
yeah let's kill that feature
張告示唔印喇
所以維持七點半
Okay, no merging without a review, that's the rule.
Right, so bump it to ninety.
Nope, killing it.
"""
QUESTIONS = """
邊個負責聯絡嘉賓
呢個項目由邊個跟進？
預算仲有幾多
個系統幾時可以上線？
點解會超支咁多
我哋應該搵邊間公司做
需唔需要同業主講一聲
有冇其他方法可以慳啲錢
How many people are coming?
Do we have enough chairs?
what is the budget for this year
Is the lift working again?
呢筆錢邊度嚟
咁其他人點睇？
住戶會唔會反對呢
幾時交貨㗎
供應商報咗價未
這个项目要多少人
我們是不是應該先問律師
點樣先可以減低成本？
使唔使買保險呀
When does the lease end?
Who is paying for the food?
could we use the hall instead
So what happens if nobody signs up?
Is there any budget left?
咁筆錢幾時過數
呢個價係咪包運費
有冇人知道保養期幾耐
邊個有car牌
如果落雨點算好
需要幾多個義工先夠
點解唔用返舊嗰間
而家個倉仲有幾多貨
你哋有冇試過用QR code收錢
呢个方案的成本是多少
客户有没有说什么时候要
谁去跟客户谈
我們還需要多少時間
是否需要重新投標？
這筆款項應由哪個帳戶支付？
What's the plan for Monday?
Anyone know the password for the projector?
how long will the repair take
Did the auditors reply?
should I order more paper
Are we still meeting the landlord on Friday?
咁即係幾錢呀其實
喂到底幾時先有得用㗎
你話佢會唔會肯㗎
咁我哋點同佢講好呀
係咪真係要咁多人㗎
其實有冇計過條數㗎
wait so who's actually doing that
like how much are we talking about
but do we even need a lawyer for that
so is it next week or the week after
and what happens to the old ones
you mean like every month?
個場幾點可以入去佈置
泳帽泳褲統一買定自己買
你哋唔齊咩文件呀
嗰晚影晒啲相未呀
如果佢哋唔肯賠呢
重新印過定係佢哋自己印
送邊隻
點解會跌
"""
RISKS = """
我擔心人手唔夠
如果佢哋唔肯簽我哋就麻煩
有機會超出預算
工期可能會延誤兩個月
There's a risk that the server goes down.
I'm concerned about the budget.
We may not finish on time.
我驚到時冇人報名
萬一落雨就要取消
呢度有潛在風險
資金可能唔夠用
恐怕會影響施工進度
The main risk is that we run out of money.
If the permit is late, we will lose the slot.
I'm afraid we won't make the deadline.
最大嘅問題係人手不足，可能趕唔到期
我怕個客會走數
呢度地下濕滑容易跌親人
一旦停電成個系統就會死機
匯率波動會令成本上升
若果政府唔批，成件事就要推倒重來
We could run out of stock before Christmas.
My concern is the weather.
There's a chance the grant gets cut.
The roof might leak again.
到時搞唔切就大鑊
我係驚佢唔肯畀錢咋
咁樣好易出事㗎喎
拖多一個月我哋就冇錢出糧㗎喇
honestly I don't think we'll make it by June
if that breaks we're screwed
I'm a bit nervous about the data migration
it could blow up in our faces
再拖落去真係頂唔順
個價咁樣報實蝕入肉
間房隨時漏水
月底唔簽就收返個舖
另外三張單話再唔到就退訂
如果十九號未有網全公司開唔到工
November's not gonna happen.
It's going to break at the worst time.
They'll walk if they hear about it.
"""
TALK = """
上次阿明負責嘅單張已經印好
負責清潔嘅姐姐放咗假
天氣會轉涼大家小心身體
合約會喺年底到期
我會覺得呢個方案好啲
保險公司會賠償損失
我哋要努力
佢會唔會遲到都唔緊要
我哋仲未決定用邊個供應商
要等董事會決定
下次開會先再決定
舊年我哋決定咗唔加價
通過電郵聯絡佢就得
我同意你講嘅嘢
你做決定啦
呢個決定好難
大家有冇問題？
仲有冇其他事項？
我唔知點解會咁
無論幾時都可以搵我
OK？
唔使擔心，趕得切
It will rain tomorrow.
Customers will love it.
The price will go up.
I will be on leave next week.
This will take time.
If John will not come we can start.
I think we should wait.
We will see.
We haven't decided on the venue.
We need to decide on the venue.
They decided last month to close.
Any questions?
Can everyone see my screen?
Does that make sense?
No worries.
多謝阿明負責咗成個活動
我負責呢個部門已經十年
呢個系統由舊公司整嘅
由今日開始落雨
邊個會跟進都得
我去咗睇場地，地方幾大
請假嗰日唔計
會計準則要求我哋咁做
老師會議會喺三樓開
呢件事要小心處理
佢話會嚟
老闆問點解咁貴
供應商講過會賠
學生會鍾意呢個活動
系統會自動發電郵
你要知道呢個唔係小數目
我哋跟進緊呢單投訴
負責人唔喺度
如果董事會通過就可以開始
仲等緊政府批准
呢個由校長決定
我建議通過呢個方案
未有定案
我想批准都批准唔到
因為佢哋同意先得
你知唔知我等咗幾耐
好唔好呀
冇乜嘢問題
佢問我點解遲到
唔理點樣都要做
I'll be honest, it was a bad month.
The committee will meet again on 3 March.
He will be happy.
We used to send letters.
You can find it on the website.
Someone will win.
We can decide later.
I agree with you.
I disagree.
It's not approved yet.
I don't know what happened.
That's what I said.
How nice.
吊船公司星期五先得閒
上個月已經交咗稅
我哋依家人手好緊張
張太話佢唔得閒
呢間公司做咗二十年
佢哋成日都遲交
我自己都唔係好明
大家食咗飯未呀
個會開得好耐
呢個價錢算係平㗎喇
佢同我講過會交
我去年去過日本
經理話ok
唔好意思我遲到
我想講少少背景
由於天雨關係，工程延誤咗三日
請坐
請大家望住螢幕
請睇第三頁
麻煩晒
阿珊做得好好
我打電話去佢冇聽
我尋日問過業主
呢個要問過老闆先決定得
決定權喺業主手上
我未決定去唔去
等佢決定啦
佢決定唔到
佢哋上個月決定咗收購
通過呢個活動學生學識合作
希望大家同意
你同意唔同意
我個人同意佢講法
點都好，開始先
我唔知幾時得
佢幾好㗎
幾好呀
乜都得
係咁先
邊個都得
He said he would think about it.
They will probably say no.
I'll tell you what, it was a mess.
The meeting will start at nine.
We are waiting for the supplier.
Sales will pick up in summer.
I will say it was hard.
Anna to the left of me.
We sent the letter last week.
The lift will be out of service.
They agreed with us.
If everyone agreed we could go.
The decision is not ours.
It was a hard decision.
What a day.
You know how it is.
Who knows.
哈哈係呀真係好好笑
你食咗飯未呀
等陣先等我攞支筆
你講多次我聽唔到
咁樣啦得閒再傾
我同佢識咗好耐
嗰個位我坐開㗎
你估佢真係唔知咩
我覺得都幾好吖
佢都話唔使
咁都得㗎
yeah no totally
I mean it is what it is
sorry go ahead
that's so funny
I think he's on holiday
we'll see I guess
let me share my screen
hang on my dog is barking
he was like why not
you know what I mean
I can't remember
食咗飯未呀大家
咁我講先啦
The new one is better, I'm afraid.
let's keep it short today
九點太夜啦
有冇人唔同意呀
旺角店請極都請唔到人
邊個呀
我搵人問過，冇用
好我試下講英文先
咁我去洗手間
唔改就會好睇啲
Give me the mic please
"""


def kinds_of(text: str) -> set[str]:
    request = SummaryRequest([TranscriptLine("s", 0.0, 5.0, text)], "zh-Hant-HK", date(2026, 11, 23))
    draft = ExtractiveSummarizer().summarize(request, lambda _done: None)
    return {str(item.kind) for item in draft.items} - {"overview"}


@pytest.mark.parametrize("text", TASKS.split("\n")[1:-1])
def test_a_sentence_that_assigns_something_is_a_task(text: str) -> None:
    assert kinds_of(text) == {"action_item"}


@pytest.mark.parametrize("text", DECISIONS.split("\n")[1:-1])
def test_a_sentence_that_settles_something_is_a_decision(text: str) -> None:
    assert kinds_of(text) == {"decision"}


@pytest.mark.parametrize("text", QUESTIONS.split("\n")[1:-1])
def test_a_sentence_that_asks_something_is_a_question(text: str) -> None:
    assert kinds_of(text) == {"question"}


@pytest.mark.parametrize("text", RISKS.split("\n")[1:-1])
def test_a_sentence_about_something_that_may_go_wrong_is_a_risk(text: str) -> None:
    assert kinds_of(text) == {"risk"}


@pytest.mark.parametrize("text", TALK.split("\n")[1:-1])
def test_talk_gives_no_item(text: str) -> None:
    assert kinds_of(text) == set()
