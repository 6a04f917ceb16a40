"""The words the entity rules know: each surface form in lower case -> its class and its meaning.

The class becomes the atom's TAG and the meaning its LEMMA, so a rule can ask for any currency (`TAG: CUR`) or for one
(`LEMMA: CNY`). A form is in one class; what a form means in context is the rules' business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bot.nlu.tongues import merged
from bot.nlu.wordlist import forms


class Word(NamedTuple):
    tag: str
    lemma: str


_CURRENCIES = merged("currencies")
_CURRENCY_PHRASES = merged("phrases")
_SUBUNITS = merged("parts")
"""Parts of a unit; the lemma is currency:hundredths."""
_NOTES = {form: value for form, value in merged("notes").items() if value}
MINOR_DIGITS = {
    **dict.fromkeys(forms("JPY KRW VND CLP ISK UGX XAF XOF XPF PYG RWF KMF DJF GNF VUV BIF"), 0),
    **dict.fromkeys(forms("KWD BHD OMR JOD TND IQD LYD"), 3),
}
"""Digits of the minor unit, ISO 4217; 2 where not listed."""

_PERIODS = {
    "day": "day days 天",
    "week": "week weeks wk wks 周 星期 礼拜 週 禮拜 个星期 个礼拜 個星期",
    "month": "month months mth mths 月 个月 個月 月份",
    "year": "year years yr yrs 年",
    "quarter": "quarter quarters 季度 个季度",
    "hour": "hour hours hr hrs 小时 个小时 钟头 个钟头 小時",
    "minute": "minute minutes min mins 分钟 分鐘",
    "second": "secs seconds 秒 秒钟",
    "weekend": "weekend 周末 週末",
    "fortnight": "fortnight fortnights",
}

# Days counted from today.
_DAYS = {
    "0": "today tonight tdy 今天 今日 今晚 今早 今晨 今儿 今夜 今",
    "-1": "yesterday yday ystd yest yesterdays 昨天 昨日 昨晚 昨夜 昨儿 昨",
    "-2": "前天 前日 前晚",
    "-3": "大前天",
    "1": "tomorrow tmrw tmr tomoro 明天 明日 明晚 明早 明儿",
    "2": "后天 後天",
    "3": "大后天 大後天",
}
_YEARS = {"0": "今年 本年", "-1": "去年 上年", "-2": "前年", "-3": "大前年", "1": "明年", "2": "后年"}

# Periods counted from the present one.
_RELATIVE = {
    "-2": "上上 上上个 上上個",
    "-1": "last previous past prior 上 上个 上個 上一 上一个",
    "0": "this current 这 这个 這個 這 本 当",
    "1": "next coming upcoming following 下 下个 下個 下一个",
    "2": "下下 下下个",
}

_MONTHS = {
    str(at + 1): line
    for at, line in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
            "september sep sept", "october oct", "november nov", "december dec",
        )
    )
}  # fmt: skip
_WEEKDAYS_EN = (
    "monday mon", "tuesday tue tues", "wednesday wed weds", "thursday thu thur thurs", "friday fri", "saturday sat",
    "sunday sun",
)  # fmt: skip
_WEEKDAYS_ZH = ("一1", "二2", "三3", "四4", "五5", "六6", "日天7")

# The lemma is month-day, or the name of a rule in `bot.nlu.holidays`.
_HOLIDAYS = {
    "1-1": "元旦|元旦节|new year's day|new years day|new year’s day",
    "2-14": "情人节|valentine's day|valentines day",
    "5-1": "五一|五一节|劳动节|五一假期|labour day",
    "6-18": "六一八|618大促|618活动|618那天|618期间",
    "10-1": "国庆|国庆节|十一假期|十一长假|national day",
    "10-31": "万圣节|halloween",
    "11-11": "双十一|双11|双十一那天|雙十一|singles day|singles' day|single's day|double eleven|double 11",
    "12-12": "双十二|双12|double twelve",
    "12-24": "平安夜|christmas eve|xmas eve",
    "12-25": "圣诞|圣诞节|christmas|xmas|christmas day",
    "12-31": "除夕夜跨年|跨年夜|new year's eve|new years eve",
    "spring": "春节|大年初一|过年那天|chinese new year|spring festival|lunar new year",
    "dragon": "端午|端午节|dragon boat festival",
    "moon": "中秋|中秋节|mid-autumn festival|mid autumn festival",
    "thanksgiving": "感恩节|thanksgiving",
    "black friday": "黑五|黑色星期五|black friday",
    "cyber monday": "cyber monday|网络星期一",
}

_PHRASES = {
    # Dates
    "DAY:-2": "the day before yesterday|day before yesterday",
    "DAY:-1": "last night|yesterday evening",
    "DAY:0": "this morning|this afternoon|this evening|earlier today",
    "DAY:2": "the day after tomorrow|day after tomorrow",
    "AGO": "ago|前|之前|以前|back|earlier",
    "LATER": "later|后|之后|以后|後|from now",
    "RECENT": "最近|近|过去|過去|the last|the past|the previous",
    "FEW": "few|several|couple|几|好几|幾",
    "BEFORELAST": "before last",
    "HALFYEAR:1": "上半年|the first half of the year|first half of the year",
    "HALFYEAR:2": "下半年|the second half of the year|second half of the year",
    "OTHERDAY": "the other day|前几天|前两天|前些天|前些日子|前阵子|这两天|这几天",
    "PART:start": "beginning|start|初|月初|年初|early",
    "PART:middle": "middle|mid|中旬|月中|年中",
    "PART:end": "end|底|末|月底|月末|年底|年末|下旬",
    "PART:first": "上旬",
    "DAYMARK": "号|日|號",
    "SINCE": "since|自|自从|从|從|由|from|between",
    "TO": "to|until|till|til|through|thru|到|至|-|~|–|—|～",
    "ALONGSIDE": "and|和|跟",
    "ONWARDS": "以来|起|开始|到现在|至今|onwards|onward|until now|till now|到今天",
    "MORNING": "morning|afternoon|evening|night|noon|midnight|早上|上午|中午|下午|晚上|凌晨|早晨|傍晚|夜里|晚",
    "AMPM": "am|pm|a.m.|p.m.|o'clock|点|點|点钟|时|點鐘",
    # Identifiers
    "CODECUE": "code|otp|passcode|verification code|security code|six digits|一次性密码|6位数|六位数|验证码|"
    "驗證碼|校验码|动态码|动态密码|短信码|短信验证码|verification|one-time code|one time code|"
    "one-time password|one time password|sms code|认证码|确认码|口令",
    "REPEAT:2": "double",
    "REPEAT:3": "triple",
    "CODEHINT": "短信|sms|text message|位数|发来|发来了|短信里|密码",
    "NOTCODE": "promo|promotion|discount|coupon|zip|postal|post|area|sort|swift|country|dress|qr|error|tracking|invite|"
    "invitation|referral|pin|错误码|邀请码|优惠码|邮政编码|区号|错误代码",
    "CARDCUE": "ending|ends|ended|last four|last 4|last four digits|last 4 digits|final four|final 4|"
    "final four digits|尾号|尾數|尾号是|末四位|后四位|後四位|末尾四位|最后四位|最后四位数|后四位数|"
    "卡尾号|卡号后四位|卡号末四位|卡尾|尾数",
    "CARD": "card|cards|visa|mastercard|debit|credit|卡|银行卡|信用卡|储蓄卡|借记卡|卡号|card number|卡片|那张卡|"
    "这张卡",
    "ORDERCUE": "order|payment|refund|transfer|transaction|txn|trans|reference|ref|receipt|invoice|trace|"
    "confirmation|订单|订单号|订单编号|单号|交易号|交易单号|流水号|流水|编号|付款单号|支付单号|"
    "退款单号|转账单号|商户单号|參考號|参考号|凭证号|order number|transaction number|transaction id|"
    "order id|payment id|reference number|tracking|订单号码|交易流水号",
    "PHONECUE": "phone|mobile|cell|cellphone|telephone|tel|phone number|手机|手机号|电话|号码|手机号码|电话号码|"
    "联系电话",
    # Amounts
    "AMOUNTCUE": "amount|refund|refunded|pay|paid|paying|payment|charge|charged|transfer|transferred|send|sent|"
    "withdraw|withdrew|withdrawn|deposit|deposited|limit|spend|spent|cost|costs|owe|owed|deducted|"
    "debited|credited|price|total|balance|fee|asked|withdrawal|gave|took|got|cap|cash out|received|"
    "receive|topped|top|money|金额|退|退款|退了|退我|付|付了|付款|支付|支付了|花|花了|扣|扣了|扣款|"
    "多扣|多扣了|转|转了|转账|转给|转账了|充|充了|充值|提现|提|收|收了|收到|到账|存|存了|取|取了|"
    "限额|额度|提到|调到|调整到|改成|改到|降到|提高到|增加到|降低到|共|一共|总共|总额|汇|汇了|手续费|"
    "金額|骗了|骗走|被骗|被骗了|欠|还差|差|少了|多了|转错|转错了|上限|设成|设为|改为|调成|调至|加到|"
    "扣了我|两次|限制|消费|消费了|退回|退还|打了|打给|打|还款|余额|借|贷|汇款|汇款了|扣除|扣费|扣走",
    "HALF": "半|半个|half a|half",
    "OF": "of|for|by|is|was|were|be|are|about|around|approximately|approx|roughly|only|just|exactly|at|up|me|my|"
    "the|an|a|back|him|her|them|us|over|almost|nearly|more|less|than|over|under|using|it|it's|its|that|"
    "that's|with|in|on|as|number|no|no.|num|id|digits|digit|#|:|=|是|为|為|的|了|大概|大约|约|差不多|就|"
    "只有|才|我|你|您|他|她|它|们|这|那|把|给|给我|有|个|成|将近|快|不到|超过|至少|最多|总|號碼|笔|这笔|"
    "那笔|这个|那个|，|,|.|。|-|you|your|please|pls|i|think|want|it’s|that’s|should|would|like|make|say|set|"
    "let's|嗯|哦|好|好的|吧|呢|啊|吗|要|想|请|谢谢|thanks|thank|左右|多|来|余|yes|yeah|yep|ok|okay|sure|hi|"
    "hello|well|uh|um|er|sorry|对|是的|对的|嗯嗯|哈|呀|应该|应该是|填|写|输入|改|设|设为|设成|sir|!|！|~|"
    "here",
    # What a number counts or measures, so that it is no amount.
    "COUNTED": "times|time|people|cards|accounts|transactions|payments|orders|items|digits|percent|%|x|pcs|"
    "refunds|business|working|factor|percentage|star|stars|pieces|transfers|charges|friends|months|km|"
    "miles|kg|g|gb|mb|th|g网|个|次|张|条|笔|位|人|家|遍|件|台|部|岁|点半|折|度|倍|单|码|楼|号楼|线|期|"
    "级|步|项|种|样|只|本|双|把|名|组|批|回|行|层|公里|米|斤|公斤|小时内|工作日|个工作日|天内|个人|"
    "分之|路|代|头|成|口|g流量|％|字|篇|章|页|辈子|份|股|排|版|趟|顿|瓶|克|升|毫升|吨|平米",
}
# Never the start of anything: common words that begin with a numeral or a unit.
_IDIOMS = forms(
    "万一 一下 一直 一样 一起 一般 一些 一定 十分 统一 唯一 一旦 一律 千万 万事 第一 一会 一会儿 一点 一点点 "
    "一块儿 一块去 一度 不一 一方面 一切 一向 一致 一边 一面 一时 一手 一路 三方 第三方 二维码 二手 两者 百分之 "
    "百分百 一样的 一模一样 一塌糊涂 三番五次 再三 乱七八糟 七上八下 四处 一卡通 万分 万能 千元 百货 "
    "一五一十 不管三七二十一 前面 前后 前提 前往 目前 提前 之前的 日常 日期 日子 生日 节日 日志 月亮 月饼 年龄 "
    "年轻 年纪 分期 分开 分别 部分 分享 分行 分类 身份 积分 评分 分数 多年 元素 周围 周转 周边 周到 角度 角色 号码 "
    "账号 帐号 信号 符号 称号 口号 小号 挂号 下次 上次 这次 这里 这边 这样 这么 这儿 下面 上面 上海 上网 上当 上传 "
    "上线 上班 下班 下单 下载 下去 下来 上去 上来 以上 以下 马上 线上 线下 手上 晚上好 早上好 下午好 中午好 上午好 "
    "最后 几乎 几点 本人 本来 本身 根本 成本 当时 当然 当中 适当 应当 刀具 欧洲 欧美 加到账 前台 点开 点击 点了 "
    "一点都 有点 早点 快点 慢点 网点 站点 优点 缺点 时候 时间 小时候 到期 得到 收到的 找到 看到 感到 遇到 想到 "
    "到底 到处 达到 直到 由于 理由 自由 从来 从不 自己 自动 自助 自带 和平 跟进 跟单 退出 付费 付出 花呗 提供 提示 "
    "提醒 提前 提交 提问 转人工 转接 收费 收入 收款 取消 取回 取得 存在 打开 打不开 打电话 共享 公共 总是 汇率 "
    "冲突 充电 充分 借口 借记 欠费 号卡 一家 一番 一开始 一年到头 两边 两清 三思 十足 万里 万国 亿万 一律 "
    "一天到晚 一毛不拔"
)


def _entries() -> Iterator[tuple[str, Word]]:
    for table, tag in (
        (_CURRENCIES, "CUR"), (_SUBUNITS, "SUB"), (_PERIODS, "PERIOD"), (_DAYS, "DAY"), (_YEARS, "YEAR"),
        (_RELATIVE, "REL"), (_MONTHS, "MONTH"),
    ):  # fmt: skip
        for lemma, line in table.items():
            for form in forms(line):
                yield form, Word(tag, lemma)
    for at, (english, chinese) in enumerate(zip(_WEEKDAYS_EN, _WEEKDAYS_ZH, strict=True)):
        for form in (
            *english.split(),
            *(week + day for week in ("周", "星期", "礼拜", "週", "禮拜") for day in chinese),
        ):
            yield form, Word("WEEKDAY", str(at))
    for lemma, line in _HOLIDAYS.items():
        for form in line.split("|"):
            yield form, Word("HOLIDAY", lemma)
    yield from _money()
    for form in _IDIOMS:
        yield form, Word("IDIOM", form)
    for key, line in _PHRASES.items():
        tag, _, lemma = key.partition(":")
        for form in line.split("|"):
            yield form, Word(tag, lemma or form)


def _money() -> Iterator[tuple[str, Word]]:
    for lemma, line in _CURRENCY_PHRASES.items():
        for form in line.split("|"):
            yield form, Word("CUR", lemma)
    for form, value in _NOTES.items():
        yield form, Word("NOTE", value)


def build() -> dict[str, Word]:
    """The first class that claims a form keeps it."""
    lexicon: dict[str, Word] = {}
    for form, word in _entries():
        lexicon.setdefault(form, word)
    return lexicon


LEXICON = build()
