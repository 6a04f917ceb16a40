"""How angry a message sounds, from its words, its capitals and its marks: 0 is calm, 1 is shouting abuse.

Each sign counts on its own and together they approach 1: `1 - (1 - a)(1 - b)...`. The lexicon is of words said *at*
someone or of one's own temper; a customer who reports a scammer is not angry at us for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.nlu.atoms import Atom
from bot.nlu.found import Found
from bot.nlu.wordlist import forms

_EN = {
    0.8: "fuck|fucking|fucked|fuckers|fuck you|wtf|motherfucker|bastards|assholes|asshole|piece of shit|bullshit|bitch|"
    "go to hell|screw you|thieves|you crooks|you scammers|robbing me|you stole|you people are|shitty",
    0.55: "furious|outrageous|disgusting|disgusted|disgraceful|pathetic|ridiculous|unacceptable|absolute joke|"
    "what a joke|is a joke|idiots|idiot|idiotic|stupid|useless|incompetent|garbage|rubbish|terrible service|"
    "worst|livid|fed up|sick of|sick and tired|pissed|pissed off|shit|crap|crappy|damn|damned|rip off|"
    "ripoff|hear from my lawyer|sue you|enraged|appalling|how dare you|horrible service|awful service|"
    "hate you|hate this|screwed",
    0.3: "angry|annoyed|annoying|frustrated|frustrating|unhappy|disappointed|upset|terrible|horrible|awful|"
    "for god's sake|for christ's sake|for the last time|how many times do i|how many times have i|"
    "how many more times|waste of time|wasting my time|what the hell|the hell|hell|absurd|insane|nonsense|"
    "unbelievable|had enough|enough is enough|not happy|lied to me|ffs|omfg",
}
_ZH = {
    0.8: "他妈的|他妈|你妈|妈的|尼玛|傻逼|傻叉|煞笔|操你|卧槽|我操|去死|滚蛋|滚开|王八蛋|混蛋|狗屁|放屁|狗日|"
    "垃圾公司|垃圾平台|垃圾客服|垃圾软件|骗子公司|骗子平台|一群骗子|你们骗子|你们这群骗子|你们就是骗子|"
    "不要脸|无耻|流氓|强盗|抢钱|黑心|坑爹|坑人|妈蛋|畜生|脑残|智障|白痴|吃屎|滚",
    0.55: "气死|太过分|过分|恶心|离谱|垃圾|太差|差劲|烂透|什么破|破平台|破软件|破公司|火大|愤怒|忍无可忍|受够|"
    "受不了|岂有此理|荒唐|可恶|可恨|太坑|坑死|废物|没用的东西|欺负人|忽悠人|忽悠我|耍我|玩我|你们骗我|"
    "又骗我|曝光你们|曝光|起诉你们|起诉|告你们|12315|银监会|吃相难看|扯淡|有病吧|神经病|搞笑呢|死人吗|太气人|气人|"
    "一肚子火|恼火|糊弄",
    0.3: "生气|烦死|好烦|很烦|烦人|无语|搞什么|搞毛|什么玩意|什么鬼|凭什么|到底要|到底什么|到底怎么|不耐烦|失望|"
    "不满|没完没了|踢皮球|推来推去|敷衍|太慢|还让不让|有完没完|说了多少遍|说了几遍|多少次了|浪费时间|浪费我|"
    "服了|醉了|你们怎么回事|坑",
}
_EMOJI = {"😡": 0.6, "🤬": 0.75, "😠": 0.5, "👿": 0.5, "💢": 0.5, "😤": 0.35, "🖕": 0.8, "👎": 0.25}
# Around a form of the lexicon, these turn it into something else.
_NEGATIONS = frozenset(
    ("not", "never", "isn't", "wasn't", "don't", "no", "aren't", "没", "不", "别", "没有", "不是", "没那么")
)
_HARMLESS_ZH = re.compile(
    "我操作|我操心|[转给][了我他她你]?[他她你]?妈的|[我老]妈的|妈的(?:卡|账|手机|银行|钱|微信|支付宝|身份证|名)|"
    "不生气|别生气|没生气|不要生气|不失望|不算过分|不过分|坑位|翻滚|滚动|垃圾短信|垃圾邮件|垃圾信息"
)
_NEUTRAL_CAPITALS = frozenset(
    forms(
        "USD CNY RMB EUR GBP HKD KYC ATM OTP PIN ID OK APP SMS VIP POS CVV IBAN SWIFT QR NFC URL PDF FAQ UK US USA EU "
        "ASAP"
    )
)
LEAST = 0.2
"""Below this no entity is emitted."""


class Anger:
    """The English lexicon is a PhraseMatcher over words, the Chinese one a search, since 滚 needs no word boundary."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = Vocab()
        self._matcher = PhraseMatcher(self._vocab, attr="ORTH")
        self._weights: dict[int, float] = {}
        for weight, line in _EN.items():
            for form in line.split("|"):
                self._matcher.add(form, [Doc(self._vocab, words=form.split())])
                self._weights[self._vocab.strings[form]] = weight
        self._known = {word for line in _EN.values() for form in line.split("|") for word in form.split()}
        self._zh = {form: weight for weight, line in _ZH.items() for form in line.split("|")}
        longest_first = sorted(self._zh, key=len, reverse=True)
        self._zh_pattern = re.compile("|".join(map(re.escape, [*longest_first, *_EMOJI])))

    def find(self, text: str, atoms: Sequence[Atom]) -> list[Found]:
        """One find or none. Its span is the first to the last angry word, or the message where only its tone is."""
        signs = sorted([*self._english(text), *self._chinese(text)])
        calm = 1.0
        for weight, _, _ in _without_overlaps(signs):
            calm *= 1 - weight
        # Marks and capitals alone may be joy or habit: on their own they say little.
        tone = _tone(text)
        calm *= 1 - (tone if signs else tone / 2)
        score = round(1 - calm, 2)
        if score < LEAST:
            return []
        start = min((start for _, start, _ in signs), default=0)
        end = max((end for _, _, end in signs), default=len(text))
        return [Found(entity="anger", start=start, end=end, value=score)]

    def _english(self, text: str) -> Iterator[tuple[float, int, int]]:
        words = [
            (match.group().lower().replace("’", "'"), match.start(), match.end()) for match in _WORD.finditer(text)
        ]
        if not words:
            return
        doc = Doc(self._vocab, words=[word if word in self._known else "·" for word, _, _ in words])
        for key, start, end in self._matcher(doc):
            before = {word for word, _, _ in words[max(0, start - 2) : start]}
            if not before & _NEGATIONS:
                yield self._weights[key], words[start][1], words[end - 1][2]

    def _chinese(self, text: str) -> Iterator[tuple[float, int, int]]:
        harmless = [match.span() for match in _HARMLESS_ZH.finditer(text)]
        for match in self._zh_pattern.finditer(text):
            if not any(start < match.end() and match.start() < end for start, end in harmless):
                weight = self._zh.get(match.group()) or _EMOJI[match.group()]
                yield weight, match.start(), match.end()


_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")


def _without_overlaps(signs: list[tuple[float, int, int]]) -> Iterator[tuple[float, int, int]]:
    """Of forms in the same place the heaviest counts: "fuck" and "fuck you" are one sign."""
    last_end = -1
    for sign in sorted(signs, key=lambda each: (each[1], -each[2], -each[0])):
        if last_end <= sign[1]:
            yield sign
            last_end = sign[2]


def _tone(text: str) -> float:
    """What `!!!`, `？？？` and CAPITALS add."""
    shouts = len(re.findall(r"[!！]", text))
    asks = max((len(run) for run in re.findall(r"[?？!！]+", text)), default=0)
    marks = 0.35 if asks >= 3 else 0.2 if asks == 2 or shouts >= 2 else 0.0
    words = [word for word in re.findall(r"[A-Za-z]{2,}", text) if word not in _NEUTRAL_CAPITALS]
    loud = [word for word in words if word.isupper()]
    capitals = 0.5 if len(loud) >= 3 and 0.6 * len(words) <= len(loud) else 0.25 if len(loud) >= 2 else 0.0
    return 1 - (1 - marks) * (1 - capitals)
