"""Finders for what is not a number: e-mails, addresses, names. Each yields (kind, start, end) on plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator

Found = tuple[str, int, int]

_EMAIL = re.compile(r"(?<![\w.+%-])[A-Za-z0-9][\w.+%-]{0,63}\s?@\s?[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.ASCII)
_SPOKEN_EMAIL = re.compile(
    r"\b[\w+-]+(?:(?:\.|\s+dot\s+|\s?点\s?)[\w+-]+)*\s*(?:\bat\b|\(at\)|\[at\]|艾特)\s*"
    r"[\w-]+(?:(?:\s+dot\s+|\s*\(dot\)\s*|\s*\[dot\]\s*|\s?点\s?|\.)(?:com|net|org|cn|edu|io|co|me|hk|uk))+\b",
    re.ASCII | re.IGNORECASE,
)
_STREET = (
    r"street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|terrace|ter|way|parkway|pkwy|"
    r"highway|hwy|circle|cir|square|sq|trail|loop|broadway"
)
_UNIT = r"(?:,?\s*(?:apt|apartment|unit|suite|ste|floor|fl|#)\.?\s*#?\s*\w{1,5})?"
_TOWN = r"(?:,?\s+[A-Z][A-Za-z.']+(?:\s[A-Z][A-Za-z.']+){0,2})?(?:,?\s+[A-Z]{2})?(?:,?\s+\d{5}(?:-\d{4})?)?(?!\d)"
_US = re.compile(
    rf"(?<![\d$€£.,-])\d{{1,6}}[A-Za-z]?\s+(?:(?:[NSEW]|North|South|East|West)\.?\s+)?"
    rf"(?:(?:[A-Z][\w'.-]*|\d{{1,3}}(?:st|nd|rd|th))\s+){{0,4}}(?i:(?:{_STREET}))\b\.?(?i:{_UNIT}){_TOWN}"
)
_US_LOWER = re.compile(
    rf"\b(?:live at|living at|address is|address:|moved to|ship(?:ped)? to|send it to|deliver(?:ed)? to)\s+"
    rf"(\d{{1,6}}\s+(?:[\w'.-]+\s+){{1,4}}?(?:{_STREET})\b\.?{_UNIT}"
    rf"(?:,\s*[a-z .']+)?(?:,?\s+[a-z]{{2}})?(?:,?\s+\d{{5}}(?:-\d{{4}})?)?)",
    re.IGNORECASE,
)
_BOX = re.compile(rf"\b[Pp]\.?\s?[Oo]\.?\s?[Bb]ox\s+\d+{_TOWN}")
_N = r"(?:\d{1,5}|[一二三四五六七八九十百零〇]{1,5}|[A-Z]\d{0,3})"
_AREA = r"(?:[\u4e00-\u9fff]{2,7}?(?:省|自治区|市|区|县|镇|乡|街道|新区|开发区))"
_DOOR = rf"(?:[\s,-]*(?:[A-Z甲乙丙东西南北]?座|{_N}\s*(?:号楼|号院|号|弄|栋|幢|座|单元|室|层|楼|门)|\d{{3,4}}(?!\d)))"
_CHINESE = re.compile(
    rf"{_AREA}{{0,4}}\s?[\u4e00-\u9fff]{{1,8}}?(?:路|街|大道|大街|巷|胡同|道|里|村|公路)(?:东段|西段|南段|北段|中段)?\s*"
    rf"{_N}\s*(?:号|弄|巷)(?:[\u4e00-\u9fff]{{2,10}}?(?=\s*(?:{_N}\s*(?:号楼|栋|幢|座|单元|室|层|楼)|[A-Z]座)))?{_DOOR}{{0,5}}"
    rf"|{_AREA}{{0,4}}\s?[\u4e00-\u9fffA-Z]{{2,12}}?(?:小区|花园|公寓|大厦|家园|苑|新村|广场|城|府|庭|园|村){_DOOR}{{1,5}}"
)
_LEAD = re.compile(
    r"^.*(?:住在|住址是|住址|地址是|地址为|地址改成|地址改为|地址改到|地址|寄到|送到|寄往|发到|搬到|改到|改成|改为|家在|公司在|人在|就在|我在|我住|是在|收货|邮寄到)"
    r"(?:了|是|:|\s)*"
)
_HONORIFIC = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof)\.?\s+([A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+){0,2})")
_CALLED = re.compile(
    r"(?i:\b(?:my (?:full |legal |real )?name is|my name['’]s|name's|this is|i am called|name on (?:the|my) "
    r"(?:card|account) is|account holder(?: is|:)?|cardholder(?: is|:)?|name:))"
    r"\s+((?:[A-Z][\w'’-]+)(?:\s+[A-Z][\w'’.-]*){0,3})"
)
_CALLED_LOWER = re.compile(
    r"\bmy (?:full |legal |real )?name is\s+"
    r"(?!not |spelled |spelt |wrong|misspel|on |in |different|still |the |no )([a-z'’-]+\s+[a-z'’-]+)\b",
    re.IGNORECASE,
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
_DOUBLE = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒"
_HAN_HONORIFIC = re.compile(
    rf"((?:{_DOUBLE}|[{_SURNAMES}])(?![谢的老小姐])[\u4e00-\u9fff]{{0,2}}?)(?<!谢谢)(?:先生|女士|小姐|太太|老师|经理)"
)
_HAN_CALLED = re.compile(
    rf"(?:我(?:的)?(?:名字|姓名)?(?:叫做|叫|是叫)|(?:名字|姓名|户名|持卡人|开户人|收款人|本名)(?:是|叫|为|:|\s)+)\s*"
    rf"((?:{_DOUBLE}|[{_SURNAMES}])[\u4e00-\u9fff·]{{1,3}}?)(?=[,，。.!！;；、\s]|的|$|想|要|手机|电话|身份证|卡)"
)


def find_words(text: str, names: tuple[str, ...] = ()) -> Iterator[Found]:
    """`names` are people's as they are known (the customer's own)."""
    for kind, pattern, group in _PATTERNS:
        for match in pattern.finditer(text):
            yield kind, match.start(group), match.end(group)
    for match in _CHINESE.finditer(text):
        lead = _LEAD.match(match[0])
        yield "address", match.start() + (lead.end() if lead else 0), match.end()
    for name in names:
        if len(name) < 2:
            continue
        for match in re.finditer(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", text, re.IGNORECASE):
            yield "name", match.start(), match.end()


_PATTERNS = (
    ("email", _EMAIL, 0),
    ("email", _SPOKEN_EMAIL, 0),
    ("address", _US, 0),
    ("address", _US_LOWER, 1),
    ("address", _BOX, 0),
    ("name", _HONORIFIC, 1),
    ("name", _CALLED, 1),
    ("name", _CALLED_LOWER, 1),
    ("name", _HAN_HONORIFIC, 1),
    ("name", _HAN_CALLED, 1),
)
