"""Which traditional character a simplified one stands for, where Hong Kong's use differs from OpenCC's dictionaries.

One simplified character can stand for several traditional ones (只: 只 or 隻; 系: 系, 係 or 繫), and OpenCC's phrases
come from written Mandarin: 真係好 becomes 真繫好, 唔該晒 becomes 唔該曬. Patterns are written in simplified characters.
The rules were made from the Cantonese of half of HKCanCor's conversations and from place names, companies and
written Chinese; `python -m benchmarks.hong_kong_script` measures them on the other half too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

OPENCC = ""
"""As `usual`: what OpenCC chooses."""


@dataclass(frozen=True)
class CharacterChoice:
    """`usual` stands for `character`, except within a match of one of `contexts`; of these the last one wins."""

    character: str
    usual: str
    contexts: dict[str, str] = field(default_factory=dict)
    """From the traditional character to a pattern that contains the simplified one."""
    in_written: str | None = None
    """Instead of `usual`, where the line is written Chinese and not Cantonese."""


_TITLE = (
    r"(?:先生|小姐|太太?|女士|生|[Ss]ir|总|经理|主席|议员|教授|博士|医生|律师|校长|老师|主任|局长|署长|司长|处长|姑娘"
    r"|师傅|法官|大状|同学|牧师|[伯叔姨姐哥仔婶])"
)
_MANY = r"[一二三四五六七八九十廿卅百千万亿两几数半零〇\d]"
_BEFORE_A_NAME = r"(?<![\u3400-\u9fff])"
_DEPARTMENT = (
    r"(?:中文|英文|日文|法文|文学|语言学|翻译|新闻|传理|传播|历史|哲学|艺术|音乐|数学|物理|化学|生物|科学|地理|经济|金融|会计|市场学?|商学|工商管理"
    r"|管理学?|法律|法学|政治|政治学|公共行政|社会学|社工|心理|心理学|教育|体育|中医|医学|护理|药剂|建筑|土木|机械|电子|电机|工程|计算机|电脑|设计|统计|统计学)系"
)

CHOICES = (
    CharacterChoice(
        "系",
        "係",
        {
            "系": r"(?<!关)系统(?!筹|称|战|治|计[处署数局]|一(?![直定次般旦起开路样到日早齐共种个些]))|系列(?![咗入明席出晒])|系(?:谱|主任|友会)"
            r"|(?<![具团身整集立全字群肉固液气媒物])体系(?!咪)|派系|(?<![歌明影童巨球救])星系|嫡系|旁系|直系(?=亲|血|后|下属)"
            r"|[暖冷]色系|(?<=[父母])系(?=社会|氏族)|太阳系|银河系|神经系|(?<=[文化数理商法医会物工哲地史语心教程])学系(?![咪唔好咩乜])|[日韩欧美德]系(?=车|品牌|风格|相机|护肤|化妆|杂志|打扮|女)"
            rf"|{_DEPARTMENT}(?=[嘅的主毕教讲学同]|[\W_]|$)|(?<=[读入修转念在喺]){_DEPARTMENT}|(?<=[读入修转念在喺].){_DEPARTMENT}"
            r"|(?<=[呢嗰个间])系(?=嘅|好难|主任)|[中英法日][文医]系(?=[\W_]|$)",
            "繫": r"联系|连系|维系|牵系|(?<![担关良])心系(?=家国|祖国|香港|社[会区]|市民|民)|情系(?=香港|家国|中)"
            r"|系(?:[上好紧住稳牢]|翻好?)?(?=安全带|鞋带|领带|腰带|绳)|系铃|解铃还须系铃",
        },
    ),
    CharacterChoice(
        "只",
        "只",
        {
            "隻": rf"{_MANY}只(?!有|不过|是|能|会|可|要|需|得|剩|限|怕)|{_MANY}只(?=得意|可爱)"
            r"|(?<![唔就])[呢嗰边哩哪每成另]只(?!不过|能|可|需)|第[一二三四五六七八九十两\d]+只|多少只|[几多]只(?!有|不过)|呢?两只"
            r"|[这那]只(?!不?过?是|有|能|会|可|要|需|不过|得|好|怕|剩|想|限|属|算|为|见|知|在|因|用|看)"
            r"|(?<![如结效成后])果只|(?<![还])有只(?![是有系])|(?<=[咗住])只(?![有系是])|[大细]只(?!系|是|有)|只只(?!系|是)"
            r"|(?<![唔不])只(?=[猫狗鸡鸭鹅羊猪虫鸟雀龟蟹兔鼠猴虎狼狮豹蛇蚊蚁船艇碟碗杯煲鬼歌]|牙(?!膏)|眼|脚|耳|翼|髀|牛(?!津)|鱼(?!涌)"
            r"|熊|公仔|股票?|基金|手指?(?![续机动写工作术段势提冲法])|字不|身(?=一|前|上|赴|到|来|[\W_]|$)|言片|影|乌蝇|籠|笼|[Gg]ame|DVD|CD|手?表(?![示达演面现明决])|戒指|鞋|袜|筷|牌|色(?=水)|象(?![征棋])|马(?![上拉虎路会])|龙|狐狸|蝴蝶|曱甴)"
            r"|鸡只|船只|牛只|猪只|马只|舰只|羊只|单只(?![系是])|[呢嗰].{1,3}只(?=[\W_]|$)",
        },
    ),
    CharacterChoice(
        "钟",
        OPENCC,
        {
            "鐘": rf"(?:[个分点粒秒闹时挂警座古敲撞丧石英校把块夠够加成打买熄响台晨]|{_MANY}|原子|电子|生物|半个|几多)钟(?![意情爱])"
            r"|钟(?=头|表|点|声|楼|摆|鼓|塔|面|数|乳|罩|仔|房|形|鸣|响|磬|纸|錶)|(?<=[好啲])钟(?=[\W_喇]|$)",
            "鍾": rf"钟[意情爱]|老态龙钟|姓钟|阿钟|(?<!分)(?<!点)钟(?={_TITLE})|老钟|钟氏|钟屋|钟灵",
        },
    ),
    CharacterChoice(
        "吓",
        "吓",
        {
            "嚇": r"惊吓|恐吓|吓唬|吓(?=死|亲|坏|傻|窒|餐|破胆|呆|晕|怕|醒咗)|吓[^吓，。！？,.!?]{0,4}一跳"
            r"|(?<=[俾畀被])吓|(?<=[俾畀被][你我佢人鬼])吓|(?<=[俾畀被].[哋们])吓|(?<![睇问试等行坐食谂倾听讲玩做望看])吓到(?!底|时|尾|最|家)"
            r"|(?<=[好真几太最够])吓人|[专净]系?吓人|(?<=[唔咪系])吓(?=[我你佢人])|吓咗",
        },
        in_written="嚇",
    ),
    CharacterChoice(
        "晒",
        "晒",
        {
            "曬": r"晒(?=太阳|死|损|到好?[犀黑]|都晒|月光|日光|谷|棚|伤|恩爱|台|衣|图|被[，。]|身汗)|[日暴晾防蓝西耐]晒(?![啦喇嘅])|[冲翻]晒(?=相|店|菲林|服务)|(?<![影睇收传执洗擦搬攞拎])晒相"
            r"|(?<![输冇要搏])晒命|(?<![收执洗着除换买])晒衫|(?<![染变全])晒黑|晒(?=黑咗)|晒冷(?=[\W_]|$)|晒咸鱼|晒到(?=好黑|黑|脱皮|甩皮)|(?<![食饮洗擦抹])晒干",
        },
        in_written="曬",
    ),
    CharacterChoice(
        "喂",
        "喂",
        {
            "餵": r"喂(?:奶|粮|哺|养|饲|猫|狗|鸽|人奶|母乳|药)|(?<=[\u3400-\u9fff])喂(?=[佢个只啲咗食饱飽])|喂(?=(?:佢|BB|仔|女|啤啤|小朋友|[个只].)(?:食|饮|吃))|人奶喂|奶粉喂|[哺]喂|喂饱|(?<=[\u3400-\u9fff])喂鱼",
        },
    ),
    CharacterChoice("仆", "仆", {"僕": r"仆人|公仆|仆役|奴仆|[女男主老]仆|仆从|风尘仆仆|仆仆风尘"}),
    CharacterChoice(
        "冲",
        "衝",
        {
            "沖": r"冲(?=凉|茶|奶|咖啡|水|洗|厕|晒(?:相|店|菲林|服务)|相|印|淡|走|刷|绳|销|身|杯|壶|饮|剂|泡|好奶|积|喜|好茶|滚|干净|调|田|帐|账)|自己冲(?=[\W_啫嘅啦]|$)|冲[咗紧完好返埋]?(?=一?[杯壶]|啲?奶|啲?茶|个凉)|冲完|对冲|冲天炉|相冲|犯冲|子冲",
            "衝": r"冲(?:走咗?出|水闸|相撞)|冲茶餐厅",
        },
    ),
    CharacterChoice(
        "余",
        "余",
        {
            "餘": r"剩余|其余|多余|有余|残余|节余|结余|富余|盈余|业余|余额|余地|余数|余款|余波|余震|余温|余味|余力|余光|余党|余暇|余兴|余辜|余音|余毒"
            r"|余悸|余孽|余热|余火|余烬|余钱|余粮|余年|余缺|余留|余存|余庆|余下|余生(?!有?[话讲系同嘅])|公余|课余|工余|茶余|之余|劫余|余韵"
            r"|[十百千万亿廿]余|\d余|年年有余|余弦|余切|(?<=[剩冇])余|余(?=额|款|项)",
            "余": rf"(?:姓|阿)余|余{_TITLE}|余(?=.{{1,2}}(?:先生|小姐|女士|太太|议员))|余仁生|余震南",
        },
    ),
    CharacterChoice(
        "范",
        "范",
        {
            "範": r"范围|规范|模范|示范|范例|范本|范畴|师范|典范|防范|风范|范式|就范|范文(?!芳|澜|程)|垂范|范型|范读|轨范|懿范|闺范",
        },
    ),
    CharacterChoice("岳", "岳", {"嶽": r"五岳|山岳|岳麓|[东南西北中]岳(?!父|母)"}),
    CharacterChoice(
        "郁",
        "郁",
        {
            "鬱": r"[抑忧沉阴躁怫悒]郁|郁(?=闷|结|葱|金香|金花|卒|抑|悒|热)|郁郁(?=[寡葱苍不])|[葱苍]郁|神经郁",
            "郁": r"浓郁|馥郁|(?<=[唔咪冇])郁(?!闷|结)",
        },
    ),
    CharacterChoice(
        "涌",
        "涌",
        {
            "湧": r"涌(?=现|入|出|上|到|去|来|进|起|向|动|至|过|埋)|[汹泉喷奔潮翻腾暗泪云]涌|涌涌",
            "涌": r"[鱼葵东河官南深沙麻坪企石]涌(?!现|进|向|动)|涌(?=尾|背|口|边村|浪)|大涌(?!现)",
        },
    ),
    CharacterChoice(
        "台",
        "台",
        {
            "枱": r"(?<!秘)[饭餐书茶圆方长麻]台(?!湾|风|词|阶)|写字台|办公台|电脑台|麻雀台|会议台|工作台|接待台|梳妆台|张台|围台|订台|执台|抹台|台(?=布|脚|灯|波|凳|球|底(?![下])|角)"
            r"|柜台|(?<![舞平前后])台面",
            "颱": r"(?<![舞平电视柜讲])台风(?![格险波景度采])",
        },
    ),
    CharacterChoice(
        "干",
        OPENCC,
        {
            "乾": r"干(?=净|唔干|爽|燥|洗|货|杯|粮|脆|湿|涸|旱|炒|烧|蒸|煎|捞|晒|蚝|瑶柱|贝|冰|瘪|巴巴|电池|鲍|笋|妈|爹|爸|亲|女|儿子|咗|啲|身|嘢$|塘|花|等|着急|笑|咳)"
            r"|[饼肉菜笋果梅腐薯鱼虾杏萄桂核榄]干(?![部警涉预扰])|豆腐干|陈皮干|牛肉干|[晒吹抹风烘擦焗饮口喉揼]干(?![部警涉预扰])|(?<=[好太又唔够几])干(?=[啊呀喇嘅啲净燥，。！？,.!?]|$)",
            "干": r"干(?=预|涉|扰|戈|犯|诺|德道|系|支|卿)|[相若天比阑]干|何干",
            "幹": r"干(?=部|事|线|练|劲|掉|警|活|什么|甚么|嘛|细胞|道(?![德]))|[骨主能才树躯苦精单]干(?![燥净涉])|实干",
        },
    ),
    CharacterChoice(
        "松",
        OPENCC,
        {
            "鬆": r"松(?=[身啲咗晒脆软弛散懈手绑动开容紧]|少少|一口气|章)|[轻放宽蓬稀肉鱼疏]松|(?<=[好太几够咁])松(?![树鼠柏])|松毛松翼|松松",
            "松": r"松(?=树|山|仔园|岗|坪|鼠|柏|露|花|下|针|本|林|江|岭|子|竹|香)|[青雪赤杜罗苍]松|阿松|劲松",
        },
    ),
    CharacterChoice(
        "几",
        "幾",
        {"几": r"茶几|案几|窗明几净|[条炕]几"},
    ),
    CharacterChoice(
        "准",
        OPENCC,
        {
            "准": r"[不唔批获核恩照允俯]准(?!确|则|备|时|绳|成)|准(?=许|入|予|考证|证|你|我|佢|他|她|人|拍|假|将|生证|买)|准唔准|冇得准",
            "準": r"(?<=[好几太真最])准(?![你我佢许])|[睇计估听算量射踢瞄标水基看校预得]准(?![许入予证])|准新[娘郎]|准(?=决赛|妈妈|爸爸|业主|买家|确|则|备|时|绳|成)|唔准(?=确|时|备|成)",
        },
    ),
    CharacterChoice(
        "卷",
        OPENCC,
        {"卷": r"[春蛋手花]卷|肠粉卷|瑞士卷|寿司卷|[试问考答案画书]卷|卷宗|[\d一二三四五六七八九十]卷"},
    ),
    CharacterChoice(
        "咸",
        OPENCC,
        {"咸": r"[碧云般漆韦威拉布宾白]咸(?!鱼)|韦斯咸|史泰咸|域咸|咸(?=丰|阳|宜|镜|兴|亨|美顿|宁|安)|修咸"},
    ),
    CharacterChoice(
        "复",
        OPENCC,
        {
            "覆": r"复(?=核|诊|检|盖|没|函|电|信|亡|述|灭)|[答批回反颠]复(?!杂)|司法复核|查复|函复|电复|复查|倾复|天翻地复",
            "復": r"回复(?=正常|原|到|平静|以往|秩序|精神|体力|信心|元气)|光复|恢复|[康修平]复|报复|复(?=兴|活|苏|工|课|业|元|原|健|出|仇|发|辟|婚|职|学|合|古|航|市|会|位|康|建)",
        },
    ),
    CharacterChoice(
        "厘",
        "厘",
        {"釐": r"厘(?=清|定|订|正)|毫厘"},
    ),
    CharacterChoice("合", "合"),
    CharacterChoice("周", "周"),
    CharacterChoice("咤", "咤"),
    CharacterChoice("恒", "恒"),
    CharacterChoice("糍", "糍"),
    CharacterChoice("霉", "霉", {"黴": r"霉菌"}),
    CharacterChoice("戚", "戚"),
    CharacterChoice("局", "局"),
    CharacterChoice("回", "回", {"迴": r"[迂巡轮徘]回|回(?=旋|避|廊)|峰回路转|大回转"}),
    CharacterChoice("叹", OPENCC, {"歎": r"叹(?=[茶]|早茶|世界|冷气|啤酒)|叹[返翻]?一?杯|慢慢叹"}),
    CharacterChoice("链", "鏈"),
    CharacterChoice("凄", "淒"),
    CharacterChoice("棱", "棱", {"稜": r"棱[角镜]|三棱|有棱"}),
    CharacterChoice("个", "個"),
    CharacterChoice(
        "出",
        "出",
        {"齣": rf"(?:{_MANY}|[呢嗰这那首每])出(?=戏|剧|电影|喜剧|悲剧|话剧|粤剧|闹剧|舞台剧|好戏|大戏|片(?!名))"},
    ),
    CharacterChoice("困", "困", {"睏": r"困(?=倦|觉)"}),
    CharacterChoice("哄", "哄", {"鬨": r"起哄|内哄"}),
    CharacterChoice("哗", "嘩", {"譁": r"哗众|哗变"}),
    CharacterChoice(
        "挨",
        OPENCC,
        {
            "捱": r"挨(?=夜|下|吓|成|骂|饿|苦|打|世界|更|义气|穷|通宵|唔住|得|过|到|落去|咗|几|出|揍|批|轰|贵)|(?<=[难排点要继死])挨(?!近|着|埋)|点挨",
            "挨": r"挨(?=近|住|埋|边|身|家挨户|门|晚|年近)",
        },
    ),
    CharacterChoice(
        "梁",
        "梁",
        {"樑": r"桥梁|横梁|栋梁|屋梁|脊梁|鼻梁|房梁|主梁|悬梁|雕梁|梁柱|绕梁|正梁|上梁(?=不正)|石屎梁"},
    ),
    CharacterChoice(
        "签",
        "簽",
        {
            "籤": r"[求抽标书牙竹解灵掣死生上中下]签(?!署|名|约|到|字|证|咗|紧|完|发)|签(?=诗|文(?!件)|筒|条)|车公签|黄大仙签|标签|书签"
        },
    ),
    CharacterChoice(
        "铺",
        "鋪",
        {
            "舖": r"[店商地街旺药当租开收间卖封弃服个新舂肉米鱼面饼茶杂转平劏吉皮楼]铺(?![路排垫设砖床位平头])|铺(?=头|位|租|面|仔|市|客)|雀仔铺|烧腊铺|入屋铺|士多铺|床上铺位"
            r"|[租买卖间睇收开]铺(?=[\W_]|$)|当铺",
            "鋪": rf"(?:{_MANY}|[呢嗰第上下头])铺(?!头|位|租|客|面)|床铺|[上下]铺位",
        },
    ),
    CharacterChoice(
        "杰",
        OPENCC,
        {"杰": r"阿杰"},
    ),
    CharacterChoice(
        "后",
        OPENCC,
        {
            "後": rf"(?:{_MANY}|多)天后|(?<=[听今第])日后",
            "后": r"[皇太王影歌视球天]后(?![来期])(?=[站大像冠街宫娘])|后海湾|皇后|王后|太后|影后|歌后|视后|后冠|后妃|母后|天后(?=[站庙宫]|区)|后羿",
        },
    ),
    CharacterChoice(
        "里", OPENCC, {"里": r"里(?=数|程|巷)|[公英海华邻故千百万]里|[一二三四五六七八九十\d]里(?=路|外|长)"}
    ),
    CharacterChoice("当", OPENCC, {"噹": r"叮当(?=声|$|[\W_]|响)|叮叮当当"}),
    CharacterChoice(
        "面",
        OPENCC,
        {
            "麵": r"(?:云吞|车仔|公仔|即食|方便|餐蛋|鱼蛋|牛腩|牛丸|乌冬|意大利|担担|刀削|阳春|全蛋|雪菜|沙爹|出前一丁|拉|捞|炒|炆|伊|粉|米|河|食|煮|净|油|凉|虾子|肉丝|炸酱|上海|碗|碟|拌|长寿|捞丁|叉烧|馄饨|擀|兜|斋|食完|食咗|食个|食碗)面(?![前子对试谈目积临色包议具孔形貌带向部上]|粉)"
            r"|面(?=包|粉|线|条|档|食|豉|筋|团|店|饼|糊|皮(?!厚)|馆|家乡)|饭面|粥面|(?<![门铺外])面铺|[粉粥饭]面(?!对|前)",
            "面": r"(?<!云)吞面子|食面子|米面对|正面|见面|当面|(?<=[\d一两几千百])米面(?!条)|[方上下里外]面(?!包|粉)|封面|地面|表面|全面|画面|版面|书面|层面|局面|平面|场面|片面|对面|负面|反面",
        },
    ),
    CharacterChoice(
        "表",
        OPENCC,
        {
            "錶": r"手表(?![决示达演明态])|[水电气咪]表|装表|钟表|腕表|(?<=[戴买卖只块炒])名表|怀表|陀表|袋表|金表|[戴除]表(?!示|达|演|现)|表(?=带|壳|行(?=[\W_嘅买]|$)|芯)|只[新旧靓]?表(?!示|达|演|现|明|决|态)|劳力士表",
        },
    ),
    CharacterChoice("于", OPENCC, {"于": rf"(?:姓|阿)于|{_BEFORE_A_NAME}于{_TITLE}"}),
    CharacterChoice(
        "涂",
        OPENCC,
        {"涂": rf"(?:姓|阿)涂|{_BEFORE_A_NAME}涂{_TITLE}|涂谨申|涂醒哲|涂志"},
    ),
    CharacterChoice("占", OPENCC, {"占": r"占(?=士|美(?!国)|姆|卜|星|臣)|[果]占|士多啤梨占"}),
    CharacterChoice("云", OPENCC, {"云": r"云云(?!众)|人云亦云|不知所云|[诗语书]云"}),
    CharacterChoice("岩", OPENCC, {"岩": r"岩岩|[攀花熔岩]岩|岩(?=石|层|浆|洞)"}),
    CharacterChoice(
        "游", OPENCC, {"游": rf"姓游|{_BEFORE_A_NAME}游{_TITLE}|游(?=水|泳|击|离|弋|池)|[上中下]游(?![戏客览行])"}
    ),
    CharacterChoice("扎", OPENCC, {"紮": r"扎(?=铁|职|作|粽|马|营|好|住|辫|根|头发)|[花包驻捆绑结]扎"}),
    CharacterChoice(
        "佣",
        OPENCC,
        {
            "傭": r"[女外菲印家宾雇]佣(?!金)|佣(?=人|兵|工)",
            "佣": r"佣金|回佣|收佣(?!人|工)|经纪佣|俾佣|(?<![女外菲印家宾雇])佣(?=[\W_]|$)",
        },
    ),
    CharacterChoice("尽", "盡", {"儘": r"尽管"}),
    CharacterChoice("了", OPENCC, {"了": r"了解|了结|了得|了却|了事|了断"}),
    CharacterChoice("伙", "伙"),
    CharacterChoice("汇", "匯", {"彙": r"词汇|语汇|字汇|汇编", "滙": r"汇丰|汇控(?!制)|汇港"}),
    CharacterChoice(
        "折",
        OPENCC,
        {
            "摺": r"折(?=叠|纸|椅|台|床|凳|门|扇|被|衫|衣服|好啲?[衫被纸]|埋|痕|页)|[存奏对银]折(?!磨|扣|中|返)|(?<=[整唔未])折(?=咗佢|[，。,.]|过$)|一折咗"
        },
    ),
    CharacterChoice(
        "姜",
        OPENCC,
        {"薑": r"姜(?=葱|蔥|汁|茶|醋|蓉|撞|饼|黄|片|丝|母|糖)|[老生嫩沙子酸糖]姜(?!子)|猪脚姜|[嗰啲块片]姜(?=[\W_]|$)"},
    ),
    CharacterChoice("托", OPENCC, {"託": r"[委拜信依付嘱寄受]托(?!车|运|盘)|托(?=管|付)|推托|假托|托人|托儿"}),
    CharacterChoice("借", OPENCC, {"藉": r"借(?=口|此|着|助|以|故|词)|凭借"}),
    CharacterChoice("胡", OPENCC, {"鬍": r"胡(?=须|子|渣|茬)"}),
    CharacterChoice("线", OPENCC, {"綫": r"无线(?=电视|台|艺员|艺人|新闻|剧|翡翠|高层|花旦|力捧)"}),
    CharacterChoice(
        "斗",
        OPENCC,
        {
            "斗": r"斗[令零]|[阿北南漏熨烟泰车风抽泥拉筋]斗(?![争气赢嘴])|斗(?=胆|室|篷|笠|转|米|数)|[一几]斗(?=[米\W_]|$)|几个斗"
        },
    ),
    CharacterChoice("舍", OPENCC, {"捨": r"舍得|唔舍|舍唔舍|不舍|难舍|施舍|取舍|割舍|舍弃|舍己|舍身|舍近|舍本"}),
    CharacterChoice(
        "制",
        "制",
        {
            "製": r"制(?=作|造|成(?!员|绩|功|度|立|为)|品|图|片|衣|药|冷|毒)|[复印研绘炮录缝烹酿监特配秘精焗腌泡烤炼]制(?![度衡])|[自私粗外手][制](?=[蛋饼酱曲面炸肉食甜])|自制(?=[嘅的])|[港台中日美国]制(?=[\W_造]|$)|监制|仿制|预制"
        },
    ),
    CharacterChoice("朴", OPENCC, {"朴": rf"姓朴|朴{_TITLE}|朴(?=槿|智|正|宝|叙|赞|灿|海|炯|信)"}),
    CharacterChoice("参", OPENCC, {"參": r"[人党洋旗海高丽]参"}),
    CharacterChoice("具", "具"),
    CharacterChoice("布", "布", {"佈": r"布(?=置|局|告|景|道|防|署|阵|施|满)|[遍密满]布"}),
    CharacterChoice("栗", "栗", {"慄": r"[战颤]栗|不寒而栗"}),
)

_BY_CHARACTER = {choice.character: choice for choice in CHOICES}

BOTH_SCRIPTS = frozenset(
    character
    for character, choice in _BY_CHARACTER.items()
    if character in (choice.usual, choice.in_written, *choice.contexts)
)
"""Characters that stay themselves in one of their uses, so that they do not show which script a text is in."""

_NAMES = {
    "荷里活道": "荷李活道",
    "么地道": "麼地道",
    "家具": "家具",
    "钟楚红": "鍾楚紅",
    "宋皇台": "宋皇臺",
    "长发邨": "長發邨",
    "长发村": "長發邨",
}
"""Hong Kong's own names that no rule of characters gives, by their simplified form."""

_CANTONESE = re.compile(r"[嘅咗喺唔冇哋啲嗰嚟佢咁噉㗎嘢俾畀咪喇啦囖呀咩嘞囉]|系[咪唔度]")
_WRITTEN = re.compile(r"[的们这那她]|了(?!解)|是")


def choose(simplified: str, converted: str) -> str:
    """`converted`, OpenCC's traditional form of `simplified`, with Hong Kong's choices; as long as before."""
    characters = list(converted)
    for at, character in _chosen(simplified):
        characters[at] = character
    return "".join(characters)


def _chosen(simplified: str) -> Iterator[tuple[int, str]]:
    for character in dict.fromkeys(simplified):
        if (choice := _BY_CHARACTER.get(character)) is not None:
            yield from _of_one(choice, simplified)
    for name, printed in _NAMES.items():
        for found in re.finditer(name, simplified):
            yield from enumerate(printed, found.start())


def _of_one(choice: CharacterChoice, text: str) -> Iterator[tuple[int, str]]:
    if usual := _usual(choice, text):
        yield from ((found.start(), usual) for found in re.finditer(choice.character, text))
    for traditional, pattern in choice.contexts.items():
        for found in _compiled(pattern).finditer(text):
            yield from ((at, traditional) for at in range(*found.span()) if text[at] == choice.character)


def _usual(choice: CharacterChoice, text: str) -> str:
    if choice.in_written and _WRITTEN.search(text) and not _CANTONESE.search(text):
        return choice.in_written
    return choice.usual


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
