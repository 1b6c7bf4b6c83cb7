"""Word lists of the rules in Traditional characters; `folding.rule` matches their other spellings too."""

from __future__ import annotations

TASK_VERBS_ZH = (
    "跟進|處理|準備|預備|整理|安排|聯絡|聯繫|聯系|提交|遞交|呈交|交(?!流|通|情)|寫|擬|草擬|撰寫|搵|找|"
    "打(?!風|邊|爛)|致電|問(?!題)|查|訂(?!單)|約(?!滿|章)|買|申請|更新|檢查|檢討|測試|整|印|發出|發|派|貼|"
    "通知|收齊|收集|收|計|核對|確認|確保|回覆|答覆|覆|追|設計|落單|落order|研究|評估|編|排|重新|影相|上載|"
    "登記|預約|預留|租|借|搬|執|清|換|修|補|填|簽|匯報|報告|報價|報|介紹|教|培訓|招募|招聘|招標|傾|講|"
    "同[^,]{1,20}(?:傾|講|夾|開會|確認)|夾|拎|攞|拿|擺|放|傳|轉|分發|提醒|提供|提|安裝|裝|拆|驗|邀請|列|"
    "開(?!心|始)|協調|監察|監督|統籌|負責|搞掂|搞|完成|落實|執行|收拾|寄|送|載|接|睇|睇住|跟|加|減|改|"
    "出(?!現|席|名)|做|製作|制定|制訂|訂立|取|帶|錄|拍(?!板|手)|收返|催|澄清|解釋|翻譯|校對|審核|審批|審閱|檢視|覆核|"
    "匯總|總結|公布|公佈|宣傳|推廣|籌備|籌|借用|擔任|主持|召集|同步|約見|探訪|視察|巡|量|度|估|計算|分析|"
    "比較|揀|選|試|訓練|設定|設置|部署|上線|修正|修訂|修改|修復|維修|更換|申報|報名|付款|俾錢|過數|入數|入紙|"
    "存檔|備份|打印|列印|拜訪|洽談|商討|溝通|協助|支援|代班|叫|請(?!假|客)|通傳|轉介|落實|撥|訂購|採購|盤點|"
    "點貨|出貨|驗貨|追貨|報關|張羅|佈置|畀(?:返|到)?[^,]{0,6}(?=我|佢|你|大家|老)|布置|電郵|帶|圍封|搭棚|掃|抹|洗|沖|消毒"
)
TASK_VERBS_EN = (
    "act on|add|address|adjust|advise|analy[sz]e|announce|apply|approach|arrange|ask|assess|assign|attend to|"
    "back up|book|bring|brief|build|buy|call|cancel|change|chase|check|circulate|clarify|clean|collect|"
    "compare|compile|complete|conduct|confirm|contact|convert|coordinate|co-ordinate|copy|correct|cover|"
    "create|deal with|deliver|deploy|design|distribute|document|do|draft|draw up|edit|email|e-mail|ensure|"
    "escalate|estimate|examine|explain|explore|file|fill in|finali[sz]e|find|finish|fix|follow up|forward|"
    "gather|get|give|handle|help|hire|hold|implement|inform|inspect|install|interview|investigate|invite|"
    "invoice|issue|launch|lead|liaise|list|look at|look into|look up|mail|make|measure|"
    "meet(?! again| on| next| in)|merge|message|migrate|monitor|move|negotiate|notify|obtain|order|"
    "organi[sz]e|own|pay|phone|pick up(?! in| again)|plan|post|prepare|present|print|process|produce|propose|"
    "provide|publish|pull|purchase|push|put|raise|rebuild|recruit|register|release|remind|remove|renew|"
    "reorgani[sz]e|repair|replace|reply|report|request|reschedule|research|resolve|respond|return|revert|"
    "review|revise|rewrite|roll out|run|scan|schedule|search|secure|send|set up|set|share|ship|sign|sort out|"
    "source|speak|submit|summari[sz]e|supply|swap|switch|take care|take over|take|talk|tell|test|tidy|track|"
    "train|translate|try|turn|update|upgrade|upload|verify|visit|walk through|work on|work with|work out|"
    "write|rota|send out|double[- ]check|recheck|re-check|"
    "ring|ping|nudge|reach out|circle back|check in|drop|grab|sort|flag|mock up|sit down with|unlock|shoot|text|"
    "whatsapp|"
    r"have a (?:look|word|chat|go)|take a look|let \w+(?: \w+)? know|look after"
)
TASK_VERB = rf"(?:{TASK_VERBS_ZH}|(?<![A-Za-z])(?:{TASK_VERBS_EN})(?![A-Za-z]))"

SURNAMES = (
    "陳黃李張梁林何吳鄭王劉周葉楊馮蔡鄧許蘇謝余曾朱胡郭羅蕭趙徐潘譚莫盧麥鍾彭江方關馬高曹程袁姚孔石廖簡溫龍唐沈邱"
    "范湯尹熊任杜戴阮歐崔甘容施伍古洪龔顧丘鄺翁姜賴錢湛霍翟布白文鄒游丁韓魏樊萬區冼符車卓祁易岑雷賀章孫宋董傅凌"
)
# Titles after one surname; 施工 and the like are words of their own.
SHORT_TITLES = "生太工總姐哥叔姨仔"
NOT_TITLED = ("施工", "高工", "石工", "文工", "任總", "方姐")
LONG_TITLES = (
    "先生|女士|小姐|太太|主任|經理|副?校長|老師|姑娘|醫生|護士|師傅|副?主席|秘書|司庫|總監|董事|委員|教授|"
    "博士|律師|工程師|建築師|測量師|主管|組長|隊長|總?幹事|督導|社工|sir|同學|議員|廠長|科長|師奶"
)
ROLES = (
    "財務總監|行政總監|營運總監|項目經理|地盤經理|行政經理|人事經理|教務主任|訓導主任|行政主任|安全主任|"
    "行政主任|採購經理|秘書長|建築師|測量師|理事|姑娘|護士|醫生|師傅|會長|總經理|副經理|總幹事|副校長|校長|"
    "副主席|主席|副司庫|司庫|召集人|班主任|科主任|組長|會計師?|老細|老闆|判頭|管工|則師|顧問|核數師|法律顧問|"
    "律師|承辦商|供應商|管理公司|管理處|管業處|物業處|管理層|清潔公司|保安主管|保安公司|工程師|護士長|書記|文員|秘書處|"
    "校務處|財務處|秘書|總監|主任|經理|主管|外判商|代理商|貨運公司|翻譯員?|前台|總公司|維修師傅|管理員|社工|"
    "司機"
)
DEPARTMENTS = (
    "市場|會計|財務|人事|人力資源|機電|工程|銷售|營業|採購|物流|倉務|資訊科技|技術|行政|客戶服務|客服|公關|"
    "法律|法務|設計|營運|市務|生產|品質|品管|研發|培訓|保安|維修|總務|教務|訓輔|輔導|活動|宣傳|財政|學務|"
    "課外活動|籌款|義工|探訪|秘書|審計|安全|產品|開發|測試|中文|英文|數學|視藝|體育|音樂|常識|科學|校友|家長|"
    "課程|招生|圖書館|膳食|護理|清潔|園藝|合約|項目"
)
BODY_TAILS = "部門|部|嗰邊|小組|組|委員會|團隊|科老師|科|同事"
ENGLISH_ROLES = (
    "manager|officer|secretary|treasurer|chairman|chairperson|chairwoman|chair|director|translator|accountant|"
    "architect|engineer|contractor|consultant|receptionist|principal|foreman|auditor|lawyer|supplier|vendor|"
    "assistant|coordinator|supervisor|designer|nurse|landlord|broker|caretaker|bookkeeper|intern"
)
ENGLISH_BODIES = "team|committee|department|dept|office|group|board|squad|subcommittee|management|staff"
ENGLISH_DEPARTMENTS = "Finance|Marketing|Sales|Legal|Operations|Engineering|IT|HR|QA|Procurement|Logistics|Admin"

# No plain name contains one of these characters, which occur beside 負責 or 會 in ordinary speech.
EVERYDAY = (
    "我你佢哋他她它咁就嘅的係唔不會要可以有冇沒無再先而今聽日後前上下個星期月年號點時幾邊誰乜咩呢嗰啲件張份項次等"
    "同與和或因為所如果但都仲還又也很好多少快盡早即刻從將被畀到去嚟喺在是了過著住晒埋返開得未已經應該需必須自己各位其另之間由請"
    "麻煩事情面這那些什麼怎樣每逢全部一二三四五六七八九十兩零人員工作價錢費用舊短低太更最本起止內外中左右說話講做"
    "打錯對落出入來回現目暫某此嗎吧呀啦喇囉喎㗎咋啫嘞吖哦噢呃嗯哎負責跟進問題計劃時候地方東西嘢物書紙單樓車場"
)
# Words of two characters that also occur in names.
EVERYDAY_WORDS = (
    "大家|而家|人家|家長|家人|明天|明年|明白|說明|證明|新人|新聞|小組|小時|小心|校長|家用|"
    "專家|國家|買家|賣家|廠家|明確|中心|老師|全體|本人|天氣|合約|保險|市場|公司|成本|系統|"
    "客戶|業主|住戶|學生|病人|客人|政府|銀行|設計|資料|內容|結果|安排|方案|預算|租金|進度|"
    "價格|材料|器材|消防|電梯|街坊|居民|會員|義工|長者|小朋友|嘉賓|觀眾"
)
_NOT_GIVEN = (
    "a an the it its this that these those they there then we you he she i if when while what who how why "
    "where which or and but so because also okay ok yes no not sure right well alright please thanks "
    "thank today tomorrow tonight monday tuesday wednesday thursday friday saturday sunday mondays "
    "january february march april june july august september october november december next last first "
    "second third finally action maybe perhaps customers users patients people everyone everybody nobody "
    "somebody someone anyone good morning afternoon hello hi let can could would will should do does did "
    "is are was were has have had for from to in on at by of as with about our your my their his her some "
    "all any each every both one two just only now here actually basically note noted agreed great fine "
    "item meeting agenda project sprint release android google iphone christmas easter email budget "
    "report form login app api qr rent price prices nothing everything something another other others "
    "things residents tenants students parents members staff colleagues clients client motion seconded "
    "approved decision after before hong kong kowloon china shenzhen chinese english cantonese target "
    "deadline schedule regarding grafana excel zoom whatsapp mr mrs ms dr miss supposed going able need "
    "needs likely up due "
)
# Words that are capitalised without being a name, at the start of a sentence or in the calendar.
NOT_GIVEN_NAMES = frozenset(_NOT_GIVEN.split())
