"""The call of this bank's actions: with the bank, and the customer's time zone and currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from actions import services
from actions.services.bank import Bank
from bot.dialogue import wording
from bot.dialogue.call import Call as DialogueCall


@dataclass(frozen=True, slots=True)
class Customer:
    """What is needed of a profile to speak of money and days."""

    id: str
    timezone: str
    currency: str


class Call(DialogueCall):
    """What `Action.perform` is handed here."""

    @property
    def bank(self) -> Bank:
        return services.service(Bank)

    @property
    def codes(self) -> Bank:
        return self.bank

    async def customer(self) -> Customer:
        """Time zone and currency, asked once a conversation."""
        known = self.slot("customer")
        if known and known["id"] == self.customer_id:
            return Customer(**known)
        profile = await self.bank.profile(self.customer_id)
        customer = Customer(profile.id, profile.timezone, profile.currency)
        self.set("customer", {"id": customer.id, "timezone": customer.timezone, "currency": customer.currency})
        return customer

    def form(self, phrase: str, /, **parts: Any) -> str:
        """A phrase of the catalogue's table `forms`, its places filled."""
        return self.words.word("forms", phrase, self.language).format(**parts)

    def money(self, minor: int, currency: str) -> str:
        return wording.money(minor, currency, self.language)

    async def zone(self) -> tzinfo:
        return wording.zone((await self.customer()).timezone)

    async def today(self) -> date:
        return datetime.fromtimestamp(self.now, await self.zone()).date()

    async def day(self, iso: str, *, weekday: bool = False) -> str:
        return wording.day(iso, self.language, today=await self.today(), weekday=weekday)

    async def day_of(self, at: float) -> str:
        """The day of a moment, as the customer would call it."""
        return await self.day(wording.day_of(at, await self.zone()))

    async def moment(self, at: float) -> str:
        return wording.moment(at, self.language, now=self.now, zone=await self.zone())


Call.use()
