"""What customers want and how they go about it. A script reacts to what it is told, as a person does: it returns codes,
confirms, tries again what failed, and gives up where it is told that a person takes over."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from chaos.accounts import Account
from chaos.book import Book, Entry, Message
from chaos.ledger import Ledger
from chaos.lines import Line, LogLine
from chaos.phrases import Phrases
from chaos.plan import Scripted

STEPS_AT_MOST = 16
"""Messages for one wish; then the customer gives it up."""
TAIL_S = 0.03
"""The replies to one message become readable together; a socket brings them one after the other."""
REPEATED = 0.1
"""So many messages are sent once more though they were acknowledged."""

IMPATIENT = 0.2
NOTICED_S = 5.2
"""A service that failed often is left alone for so long."""

CODE_WANTED = ("code_sent", "code_wrong", "code_expired", "code_has_six_digits")
FAILED = ("service_down", "not_sure_it_worked")
BROKEN = ("something_failed",)
APOLOGIES = ("I'm sorry, something went wrong on our side", "很抱歉，我们这边出了点问题")
REFUND_NUMBER = re.compile(r"R\d{8,}")
CASE_NUMBER = re.compile(r"C\d{9,}")

WISHES = {
    "refund": ("I want to request a refund for payment {payment}", "我要申请退款，支付单号{payment}"),
    "cancel": ("I want to cancel my refund request {refund}", "我要撤销退款申请{refund}"),
    "freeze": ("please freeze my card", "请冻结我的银行卡"),
    "unfreeze": ("please unfreeze my card", "帮我解冻银行卡"),
    "complaint": ("I want to make a complaint", "我要投诉"),
    "person": ("I want to talk to a person", "我要转人工客服"),
}
TROUBLES = ("the courier was rude and left my parcel in the rain", "快递员态度很差，还把我的包裹丢在雨里")
QUESTIONS = (
    ("what is my balance", "我的余额是多少"),
    ("show my recent transactions", "查一下最近的交易记录"),
    ("what can you do", "你能做什么"),
    ("how much did I spend this month", "我这个月的账单"),
    ("what are my limits", "我的转账限额是多少"),
)


@dataclass
class Told:
    """What the bot told one customer about their money."""

    refunds: list[str] = field(default_factory=list)
    """Numbers of refunds said to be requested, in order."""
    cancelled: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    card: str = "active"
    """As the customer was last told."""
    codes: int = 0
    failures: int = 0
    """Times the bot said that it could not do or finish something."""
    denied: int = 0
    """Times the bank refused a refund because there was one already."""
    handed_over: bool = False
    gave_up: str = ""
    """The wish that came to nothing."""


@dataclass
class Customer:
    """One conversation, held."""

    scripted: Scripted
    line: Line
    book: Book
    ledger: Ledger
    phrases: Phrases
    account: Account | None = None
    told: Told = field(default_factory=Told)
    stuck: str = ""
    finished: bool = False

    def __post_init__(self) -> None:
        self.random = random.Random(self.scripted.seed)

    async def run(self) -> None:
        """Raises Stuck, OutOfBudget."""
        await {
            "count": self._count,
            "questions": self._questions,
            "refund": self._refund,
            "refund_again": self._refund_again,
            "freeze": self._freeze,
            "complaint": self._complaint,
            "person": self._person,
        }[self.scripted.script]()
        self.finished = True

    @property
    def zh(self) -> bool:
        return self.scripted.language == "zh"

    # The counting bot

    async def _count(self) -> None:
        said = 0
        for group in self.scripted.groups:
            sent = []
            for _ in range(group):
                said += 1
                number = self.random.randrange(10**8, 10**9)  # No code, which the log masks
                text = f"数 {number}" if self.zh else f"count {number}"
                sent.append(await self.line.send(text, again=self.random.random() < REPEATED))
            if isinstance(self.line, LogLine):
                await self.line.until(partial(_spoken, self.line, 2 * said))
            self._answered(sent)

    # The shipped bot

    async def _questions(self) -> None:
        for _ in range(self.scripted.messages):
            names = self._note(await self._ask(self.random.choice(QUESTIONS)[self.zh]))
            if self.told.handed_over:
                return
            await self._wait_for_the_bank(names)

    async def _refund(self) -> None:
        assert self.account is not None  # noqa: S101
        await self._pursue("refund", {"refund_requested"}, payment=self.account.payment_id)

    async def _refund_again(self) -> None:
        """Refund, take it back, refund again: the one way a late repetition of the first would show in the books."""
        for wish in ("refund", "cancel", "refund"):
            assert self.account is not None  # noqa: S101
            if self.told.handed_over or self.told.gave_up:
                return
            number = self.told.refunds[-1] if self.told.refunds else ""
            goal = {"refund_cancelled", "refused_already_cancelled"} if wish == "cancel" else {"refund_requested"}
            await self._pursue(wish, goal, payment=self.account.payment_id, refund=number)

    async def _freeze(self) -> None:
        await self._pursue("freeze", {"card_frozen", "cards_frozen", "card_is_frozen", "no_card_to_freeze"})
        if not (self.told.handed_over or self.told.gave_up):
            await self._pursue("unfreeze", {"card_unfrozen", "card_is_active", "no_card_to_unfreeze"})

    async def _complaint(self) -> None:
        await self._pursue("complaint", {"complaint_filed"})

    async def _person(self) -> None:
        await self._ask(WISHES["person"][self.zh])
        line = self.line
        if isinstance(line, LogLine):
            await line.until(lambda: bool(queued(line.log.values())))
        self.told.handed_over = True
        await line.send("在吗？" if self.zh else "are you there?")
        self.book.counts["kept for a person"] += 1

    async def _pursue(self, wish: str, goal: set[str], **facts: str) -> None:
        opening = WISHES[wish][self.zh].format(**facts)
        text, payload = opening, ""
        for _ in range(STEPS_AT_MOST):
            replies = await self._ask(text, payload)
            names = self._note(replies)
            if self.told.handed_over or goal & set(names) or (wish == "refund" and self._refund_is_told(replies)):
                return
            text, payload = await self._react(names, replies, opening)
        self.told.gave_up = wish

    async def _react(self, names: Sequence[str], replies: Sequence[Entry], opening: str) -> tuple[str, str]:
        """What to send next: text and payload."""
        if any(name in CODE_WANTED for name in names):
            assert self.account is not None  # noqa: S101
            codes = await self.ledger.codes(self.account.customer_id)
            return (codes[0], "") if codes else (opening, "")
        await self._wait_for_the_bank(names)
        if "ask_complaint" in names:
            return TROUBLES[self.zh], ""
        buttons = [button for reply in replies for button in reply.get("buttons", ())]
        if any(name.startswith("offer_resume") for name in names):
            buttons = [button for button in buttons if button["payload"].startswith("/deny")]
        account = self.account
        wanted = (account.payment_id, account.card_ending) if account else ()
        chosen = (
            [button for button in buttons if any(each in button["payload"] for each in wanted)]
            or [button for button in buttons if button["payload"].startswith("/affirm")]
            or [button for button in buttons if button["payload"].startswith("/inform_order")]
        )
        return (chosen[0]["title"], chosen[0]["payload"]) if chosen else (opening, "")

    async def _wait_for_the_bank(self, names: Sequence[str]) -> None:
        """Most try again once it is back and the bot has had time to notice; some cannot wait."""
        if any(name in FAILED or name in BROKEN for name in names) and self.random.random() > IMPATIENT:
            await self.ledger.up()
            await asyncio.sleep(NOTICED_S)

    def _note(self, replies: Sequence[Entry]) -> list[str]:
        """Keep what was told about money and codes; returns the names of the responses."""
        told = self.told
        names = [self.phrases.name(reply.get("text", "")) for reply in replies]
        for name, reply in zip(names, replies, strict=True):
            text = reply.get("text", "")
            self.book.counts[f"told: {name or text[:40]}"] += 1
            if name == "code_sent":
                told.codes += 1
            if name in FAILED or name in BROKEN or text.startswith(APOLOGIES):
                told.failures += 1
            if name.startswith("handover_"):
                told.handed_over = True
            told.denied += name == "refused_already_refunded"
            if name == "refund_cancelled":
                told.cancelled += REFUND_NUMBER.findall(text)
            elif name == "refund_requested":
                told.refunds += REFUND_NUMBER.findall(text)
            elif name == "complaint_filed":
                told.complaints += CASE_NUMBER.findall(text)
            elif name in ("card_frozen", "cards_frozen", "card_is_frozen", "no_card_to_freeze"):
                told.card = "frozen"
            elif name in ("card_unfrozen", "card_is_active", "no_card_to_unfreeze"):
                told.card = "active"
        return names

    def _refund_is_told(self, replies: Sequence[Entry]) -> bool:
        """A turn that was interrupted after the bank had done it tells where the refund stands instead."""
        known = {*self.told.refunds, *self.told.cancelled}
        found = [number for reply in replies for number in REFUND_NUMBER.findall(reply.get("text", ""))]
        new = [number for number in found if number not in known]
        self.told.refunds += new[:1]
        return bool(new)

    async def _ask(self, text: str, payload: str = "") -> Sequence[Entry]:
        """Send it and return all the replies to it."""
        line = self.line
        message = await line.send(text, payload=payload, again=self.random.random() < REPEATED)
        if isinstance(line, LogLine):
            await line.until(lambda: bool(line.replies(message)))
            await asyncio.sleep(TAIL_S)
        self._answered([message])
        return line.replies(message)

    def _answered(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self.book.answered(message, self.line.now)


def queued(log: Iterable[Entry]) -> list[int]:
    """Lines that tell a place in the queue, the first for each handover."""
    return [entry["seq"] for entry in log if (entry.get("custom") or {}).get("status") == "queued"]


def _spoken(line: LogLine, many: int) -> bool:
    return len([entry for entry in line.log.values() if entry["author"] != "customer"]) >= many
