"""Limits and fees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from actions.base import Action, Lookups
from actions.call import Call
from actions.services.bank_types import Fee, Limits
from bot.dialogue import frames, repairs, wording
from bot.dialogue.buttons import Button
from bot.types import Deed, Level

_TRANSFER = r"\btransfers?\b|\bwire\b|send(ing)? money|转账|汇款|转钱"
_ASKED = {
    "transfer_standard": _TRANSFER,
    "transfer_instant": _TRANSFER,
    "transfer_international": _TRANSFER,
    "withdrawal": r"withdraw|提现",
    "atm": r"\batms?\b|cash|取现|取款|取钱",
    "atm_abroad": r"\batms?\b|cash|取现|取款|取钱",
    "conversion": r"conver|exchange|currenc|换汇|兑换|汇率|外币",
    "card_replacement": r"(new|replac\w+) card|补卡|换卡|补办|新卡|工本费",
    "refund": r"refund|退款",
    "monthly": r"monthly|per month|a month|account fee|月费|年费|管理费",
}
"""By what words a fee is asked for; without any of them all are told."""
_ABROAD = re.compile(r"international|abroad|overseas|foreign|跨境|境外|国际|国外|海外", re.IGNORECASE)
ABROAD = {"transfer_international", "atm_abroad", "conversion"}

_CURRENCY = {"en": "USD", "zh": "CNY"}
"""Whose fees are told to somebody we do not know."""


class TellLimits(Action):
    called = "action_check_limits"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        limits = await call.bank.limits(call.customer_id)
        facts = _facts(call, limits)
        items = [
            {
                "id": "daily",
                "title": call.form("daily"),
                "amount": facts["daily"],
                "date": "",
                "status": "",
            },
            {
                "id": "single",
                "title": call.form("single"),
                "amount": facts["single"],
                "date": "",
                "status": "",
            },
        ]
        change = call.button("change_limit", "change_limit")
        call.say(
            "utter_limits",
            buttons=(change,),
            card={"card": "limits", "items": items, "record": asdict(limits)},
            **facts,
        )


class CheckLimitsFlow(Lookups):
    flow = "check_limits"

    async def instead(self, call: Call) -> bool:
        """ "... and put my limit to 8,000": it is to be changed."""
        if not call.entity("amount") or not call.words.says("limit_to", call.said.text) or repairs.asks(call):
            return False
        frames.drop(call)
        frames.push(call, call.flows["change_limit"], said=replace(call.said, intent="change_limit"))
        return True


class LimitFlow(Lookups):
    flow = "change_limit"

    async def allows(self, call: Call, amount: dict[str, Any]) -> bool | None:
        limits = await self._limits(call)
        facts = _facts(call, limits)
        if amount.get("currency") not in (None, limits.currency):
            call.say("utter_limit_in_other_currency", **facts)
        elif amount["minor"] == limits.daily_minor:
            call.say("utter_refused_limit_unchanged")
        elif not limits.min_minor <= amount["minor"] <= limits.max_minor:
            call.say("utter_limit_out_of_range", **facts)
        else:
            return True
        call.memo["asked"] = call.slot("amount") is None
        return False

    async def ask_amount(self, call: Call, response: str) -> None:
        limits = await self._limits(call)
        call.say(response, buttons=[call.stop], **_facts(call, limits))

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        limits = await self._limits(call)
        new = call.slot("amount")["minor"]
        response = "utter_confirm_limit_up" if new > limits.daily_minor else "utter_confirm_limit_down"
        call.say(response, buttons=buttons, new=call.money(new, limits.currency), **_facts(call, limits))

    async def _limits(self, call: Call) -> Limits:
        if "limits" not in call.memo:
            call.memo["limits"] = await call.bank.limits(call.customer_id)
        limits: Limits = call.memo["limits"]
        return limits


class ChangeLimit(Action):
    called = "action_change_limit"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed:
        currency = (await call.customer()).currency
        return Deed(action="change_limit", amount_minor=call.slot("amount")["minor"], currency=currency)

    async def perform(self, call: Call) -> None:
        before = await call.bank.limits(call.customer_id)
        limits = await call.bank.change_limit(
            call.customer_id, daily_minor=call.slot("amount")["minor"], proof=call.proof, idempotency_key=call.key
        )
        title = call.form("limit_to", money=call.money(call.slot("amount")["minor"], limits.currency))
        call.did(title=title, amount={"minor": before.daily_minor, "currency": before.currency})
        call.say("utter_limit_changed", **_facts(call, limits))


class TellFees(Action):
    called = "action_ask_fees"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        known = call.level >= Level.SIGNED_IN
        currency = (await call.customer()).currency if known else _CURRENCY[call.language]
        fees = await call.bank.fees(currency=currency)
        asked = {code for code, pattern in _ASKED.items() if call.free_text and re.search(pattern, call.text, re.I)}
        if call.free_text and _ABROAD.search(call.text):
            asked = asked & ABROAD or {*ABROAD}
        told = [fee for fee in fees if fee.code in asked] or fees
        lines = [
            call.form("fee", what=call.words.word("fees", fee.code, call.language), cost=_cost(call, fee))
            for fee in told
        ]
        call.say("utter_fees", lines="\n".join(lines))


def _cost(call: Call, fee: Fee) -> str:
    """`0.10%, at least $2.00, at most $25.00, first 3 each month free`, `free`"""
    if not fee.fixed_minor and not fee.basis_points:
        return call.form("free")
    parts = [call.money(fee.fixed_minor, fee.currency)] if fee.fixed_minor else []
    if fee.basis_points:
        parts.append(f"{fee.basis_points / 100:.2f}%")
    more = []
    if fee.basis_points and fee.min_minor:
        more.append(call.form("at_least", money=call.money(fee.min_minor, fee.currency)))
    if fee.basis_points and fee.max_minor:
        more.append(call.form("at_most", money=call.money(fee.max_minor, fee.currency)))
    if fee.free_per_month:
        more.append(call.form("first_free", count=fee.free_per_month))
    return call.form("comma").join([call.form("plus").join(parts), *more])


def _facts(call: Call, limits: Limits) -> dict[str, Any]:
    def money(minor: int) -> str:
        return wording.money(minor, limits.currency, call.language)

    return {
        "daily": money(limits.daily_minor),
        "used": money(limits.used_today_minor),
        "left": money(limits.left_today_minor),
        "single": money(limits.single_minor),
        "least": money(limits.min_minor),
        "most": money(limits.max_minor),
    }
