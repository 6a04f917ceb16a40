"""Words of English, Chinese and mixed text by spaCy, for the classifier's features.

English comes from a blank English pipeline; text with Chinese in it from a blank Chinese one whose tokenizer cuts the
Chinese runs with `rjieba` and hands the runs between them to the English rules. A full spaCy model named for a language
takes its pipeline's place and adds lemmas and parts of speech.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import rjieba
import spacy
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Token
from spacy.vocab import Vocab

from bot.errors import ConfigError
from bot.nlu.scripts import han_runs, has_han
from bot.nlu.wordlist import forms

# What customers of a payments company say that jieba's dictionary would cut.
_TERMS = forms(
    "到账 未到账 转账 扣款 退款 验证码 尾号 订单号 流水号 提现 充值 限额 额度 冻结 解冻 挂失 补卡 换卡 实名认证 "
    "人工客服 转人工 手续费 账单 余额 明细 盗刷 重复扣款 收款方 付款码 收款码 绑卡 解绑 销户 注销 商家 花呗"
)
for _term in _TERMS:
    rjieba.add_word(_term, None, None)

MAX_STRINGS = 50_000
"""New strings after which a blank pipeline is made afresh: spaCy's string store and tokenizer cache only grow."""


_LONG = re.compile(r"\S{48}")
"""A longer run of anything but Chinese is cut here: spaCy peels a run of marks one by one, in quadratic time."""


class RunTokenizer:
    """A spaCy tokenizer for text in both scripts."""

    def __init__(self, vocab: Vocab, latin: Tokenizer) -> None:
        self.vocab = vocab
        self._latin = latin

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for is_han, start, end in han_runs(text):
            if is_han:
                cut = rjieba.cut(text[start:end])
                words += cut
                spaces += [False] * len(cut)
            else:
                self._add_latin(text[start:end], words, spaces)
        return Doc(self.vocab, words=words, spaces=spaces)

    def _add_latin(self, text: str, words: list[str], spaces: list[bool]) -> None:
        for piece in _pieces(text):
            for token in self._latin(piece):
                # A run's leading space is a token of its own; after a word it belongs to that word.
                if token.text == " " and words and not spaces[-1]:
                    spaces[-1] = True
                    continue
                words.append(token.text)
                spaces.append(bool(token.whitespace_))


def _pieces(text: str) -> list[str]:
    ends = [match.end() for match in _LONG.finditer(text)]
    return [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True) if start < end]


def _blank_english() -> Language:
    nlp = spacy.blank("en")
    nlp.tokenizer = RunTokenizer(nlp.vocab, nlp.tokenizer)
    return nlp


def _blank_chinese() -> Language:
    nlp = spacy.blank("zh")
    nlp.tokenizer = RunTokenizer(nlp.vocab, spacy.blank("en").tokenizer)
    return nlp


_BLANK = {"en": _blank_english, "zh": _blank_chinese}


class Words:
    """`models` names a full spaCy model, installed or in a folder, for `en` or `zh`; the other one stays blank."""

    def __init__(self, models: Mapping[str, str] | None = None) -> None:
        self._models = dict(models or {})
        self._pipelines = {language: self._make(language) for language in _BLANK}
        self._sizes = {language: len(nlp.vocab.strings) for language, nlp in self._pipelines.items()}

    def _make(self, language: str) -> Language:
        name = self._models.get(language)
        if name is None:
            return _BLANK[language]()
        try:
            return spacy.load(name)
        except OSError as error:
            raise ConfigError(
                f"SpacyRules: models.{language} {name!r} is neither installed nor a folder; "
                f"`python -m spacy download {name}`, or leave it out for the blank pipeline"
            ) from error

    def cut(self, text: str) -> list[Token]:
        """The words of a text in normal form, without white space; `idx` is each one's offset."""
        language = "zh" if has_han(text) else "en"
        nlp = self._pipelines[language]
        doc = nlp(text)
        tokens = [token for token in doc if not token.is_space]
        if language not in self._models and self._sizes[language] + MAX_STRINGS < len(nlp.vocab.strings):
            self._pipelines[language] = self._make(language)
        return tokens
