"""The promises, held against what was seen. Everything here is read over the wire or from the bank's API."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from chaos import book as promises
from chaos.book import Entry
from chaos.ledger import Ledger
from chaos.lines import GONE, LogLine
from chaos.scripts import Customer, queued
from chaos.ways import Rest

READ_S = 10.0
SETTLED_S = 15.0
"""Within this, what a crash interrupted must be made good once everything runs again."""


async def read_again(line: LogLine) -> list[Entry]:
    """The whole log as a reader sees it who was never there. Raises Stuck."""
    found: list[Entry] = []
    if line.token is None:
        return found
    async for _ in line.tries("reading the log again"):
        try:
            while True:
                after = found[-1]["seq"] if found else 0
                path = f"/api/chat/entries?after={after}"
                headers = {"Authorization": f"Bearer {line.token}"}
                status, said = await line.ask("GET", path, within_s=READ_S, headers=headers)
                if status != 200:
                    await line.refused(status, said)
                    break
                if not said["entries"]:
                    return found
                found += said["entries"]
        except GONE:
            line.cut()
    return found


async def _settled(customer: Customer, line: LogLine) -> list[Entry]:
    """The log; of one that was handed over, once the place in line is told, if that comes in time."""
    end = line.now + SETTLED_S
    log = await read_again(line)
    while customer.told.handed_over and not queued(log) and line.now < end:
        await asyncio.sleep(0.2)
        log = await read_again(line)
    return log


async def conversation(customer: Customer) -> None:
    """Every promise that one conversation shows by itself. Raises Stuck where it cannot even be read."""
    line, book, name = customer.line, customer.book, customer.scripted.name
    if customer.stuck:
        book.violate(promises.STUCK, name, customer.stuck)
    if isinstance(line, LogLine):
        log = await _settled(customer, line)
        _log(customer, line, log)
        _taken_once(customer, log)
        if customer.scripted.script == "count":
            _counted(customer, log)
        else:
            _turns(customer, log)
    elif isinstance(line, Rest):
        _rest(customer, line)


def _log(customer: Customer, line: LogLine, log: Sequence[Entry]) -> None:
    book, name = customer.book, customer.scripted.name
    numbers = [entry["seq"] for entry in log]
    if numbers != list(range(1, len(log) + 1)):
        book.violate(promises.LOG, name, f"the lines are numbered {numbers}")
    fresh = {entry["seq"]: entry for entry in log}
    for seq, entry in line.log.items():
        if fresh.get(seq) != entry:
            book.violate(promises.LOG, name, f"line {seq} is not what a reader was told before")
    book.counts["lines read twice"] += len(log)


def _taken_once(customer: Customer, log: Sequence[Entry]) -> None:
    """Acknowledged messages are in the log, once, in the order in which they were acknowledged."""
    book, name = customer.book, customer.scripted.name
    ids = [entry.get("id") for entry in log if entry["author"] == "customer"]
    for message_id, times in Counter(ids).items():
        if times > 1:
            book.violate(promises.ONCE, name, f"message {message_id} is in the log {times} times")
    acked = [message for message in customer.line.messages if message.acked_at is not None]
    places = {entry.get("id"): entry["seq"] for entry in log if entry["author"] == "customer"}
    for message in acked:
        if places.get(message.id) != message.seq:
            book.violate(promises.ANSWERED, name, f"message {message.seq} was acknowledged and is not in the log")
    order = [places[message.id] for message in acked if message.id in places]
    if order != sorted(order):
        book.violate(promises.ORDER, name, f"messages were taken in the order {order}")


def _counted(customer: Customer, log: Sequence[Entry]) -> None:
    """Each answer of the counting bot names its message and how many came before."""
    texts = [entry["text"] for entry in log if entry["author"] == "customer"]
    said = [entry["text"] for entry in log if entry["author"] != "customer"]
    _hold(customer, [reply for place, text in enumerate(texts, 1) for reply in _count_replies(text, place)], said)


def _count_replies(text: str, place: int) -> tuple[str, str]:
    number = text.rsplit(maxsplit=1)[-1]
    if "数" in text:
        return f"记下了{number}。", f"一共{place}个。"
    return f"I noted {number}.", f"That makes {place}."


def _hold(customer: Customer, expected: Sequence[str], said: Sequence[str]) -> None:
    book, name = customer.book, customer.scripted.name
    missing, extra = Counter(expected) - Counter(said), Counter(said) - Counter(expected)
    if missing:
        book.violate(promises.ANSWERED, name, f"never said: {sorted(missing)}; said instead: {sorted(extra)}")
    elif extra:
        book.violate(promises.ONCE, name, f"said too often: {sorted(extra)}")
    elif list(expected) != list(said):
        book.violate(promises.ORDER, name, f"said {list(said)} in answer to {list(expected)}")


def _turns(customer: Customer, log: Sequence[Entry]) -> None:
    """With the shipped bot a customer waits for each answer: there is one between each two messages, and no reply is
    said twice in answer to one."""
    book, name = customer.book, customer.scripted.name
    is_handed_over = False
    turns: list[tuple[Entry, list[Entry]]] = []
    for entry in log:
        if entry["author"] == "customer":
            turns.append((entry, []))
        elif turns:
            turns[-1][1].append(entry)
    for message, replies in turns:
        texts = [reply["text"] for reply in replies]
        if not replies and not is_handed_over:
            book.violate(promises.ANSWERED, name, f"message {message['seq']} has no answer")
        if len(set(texts)) < len(texts):
            book.violate(promises.ONCE, name, f"message {message['seq']} was answered {texts}")
        is_handed_over = is_handed_over or any(reply["author"] == "system" for reply in replies)
    _handed_over(customer, log)


def _handed_over(customer: Customer, log: Sequence[Entry]) -> None:
    places = queued(log)
    if len(places) > 1:
        customer.book.violate(promises.ONCE, customer.scripted.name, f"put in line {len(places)} times")
    if customer.told.handed_over and not places:
        customer.book.violate(promises.STUCK, customer.scripted.name, "was promised a person and put in no line")


def _rest(customer: Customer, line: Rest) -> None:
    book, name = customer.book, customer.scripted.name
    for place, message in enumerate(line.messages, 1):
        replies = line.said.get(message.id)
        if replies is None:
            if message.acked_at is not None:
                book.violate(promises.ANSWERED, name, f"message {place} has no answer")
            continue
        texts = [reply["text"] for reply in replies if "text" in reply]
        if customer.scripted.script == "count":
            _hold(customer, _count_replies(message.text, place), texts)
        elif not texts and not customer.told.handed_over:
            book.violate(promises.ANSWERED, name, f"message {place} was answered with nothing")
        elif len(set(texts)) < len(texts):
            book.violate(promises.ONCE, name, f"message {place} was answered {texts}")


async def money(customer: Customer, ledger: Ledger) -> None:
    """What the customer was told is what the bank's books say, and the books say no more."""
    account, told, book = customer.account, customer.told, customer.book
    if account is None or customer.scripted.script not in ("refund", "refund_again", "freeze", "complaint"):
        return
    refunds, complaints, cards, codes = await asyncio.gather(
        ledger.refunds(account.customer_id),
        ledger.complaints(account.customer_id),
        ledger.cards(account.customer_id),
        ledger.codes(account.customer_id),
    )
    is_sure = customer.finished and not (told.gave_up or told.handed_over or customer.stuck)
    _refunds(customer, refunds, is_sure=is_sure)
    _same(customer, "complaints", told.complaints, [each["number"] for each in complaints], is_sure=is_sure)
    status = next(card["status"] for card in cards if card["ending"] == account.card_ending)
    if is_sure and status != told.card:
        book.violate(promises.MONEY, customer.scripted.name, f"the card is {status}, the customer was told {told.card}")
    if is_sure and not told.codes <= len(codes) <= told.codes + told.failures:
        detail = f"{len(codes)} codes were sent, {told.codes} were announced, {told.failures} times something failed"
        book.violate(promises.MONEY, customer.scripted.name, detail)
    book.counts["refunds booked"] += len(refunds)
    book.counts["complaints booked"] += len(complaints)
    book.counts["accounts audited"] += 1


def _refunds(customer: Customer, refunds: Sequence[Any], *, is_sure: bool) -> None:
    account, told, name = customer.account, customer.told, customer.scripted.name
    assert account is not None  # noqa: S101
    _same(customer, "refunds", told.refunds, [each["id"] for each in refunds], is_sure=is_sure)
    if told.denied:
        customer.book.violate(promises.MONEY, name, "asked for the same refund twice, and the bank refused the second")
    live = [each for each in refunds if each["status"] != "cancelled"]
    if len(live) > 1 or sum(each["amount_minor"] for each in live) > account.amount_minor:
        customer.book.violate(promises.MONEY, name, f"{len(live)} refunds of one payment")
    for each in refunds:
        if each["payment_id"] != account.payment_id or each["amount_minor"] != account.amount_minor:
            customer.book.violate(promises.MONEY, name, f"refund {each['id']} is not the one that was asked for")
        if is_sure and (each["status"] == "cancelled") != (each["id"] in told.cancelled[:1]):
            customer.book.violate(promises.MONEY, name, f"refund {each['id']} is {each['status']}")


def _same(customer: Customer, what: str, told: Sequence[str], booked: Sequence[str], *, is_sure: bool) -> None:
    """A script that was broken off may have one more in the books than it was told of; never one less, never two."""
    name = customer.scripted.name
    unknown = sorted(set(booked) - set(told))
    if lost := sorted(set(told) - set(booked)):
        customer.book.violate(promises.MONEY, name, f"{what} {lost} were confirmed and are not in the bank's books")
    if len(unknown) > (0 if is_sure else 1):
        customer.book.violate(promises.MONEY, name, f"{what} {unknown} are in the bank's books, told were {list(told)}")
