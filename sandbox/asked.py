"""What the bank is asked, lists it answers with, and fault switches. Requests are checked against these."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox import models
from sandbox.models import Answer, CaseKind, Currency, DisputeKind, Month, PaymentStatus, RefundStatus, TransferStatus

Reason = Annotated[str, Field(max_length=500)]
GivenReason = Annotated[str, Field(min_length=1, max_length=500)]
Id = Annotated[str, Field(min_length=1, max_length=40)]
Limit = Annotated[int, Field(ge=1, le=100)]
Purpose = Literal[
    "refund",
    "double_charge",
    "take_back_transfer",
    "unfreeze_card",
    "replace_card",
    "change_limit",
    "change_phone",
    "confirm_phone",
    "close_account",
]


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Nothing(Asked):
    pass


class Page(Asked):
    limit: Limit = 10


class PaymentsQuery(Page):
    status: PaymentStatus | None = None
    merchant: Annotated[str, Field(max_length=100)] | None = None
    amount_minor: Annotated[int, Field(ge=0, lt=2**53)] | None = None
    since: float | None = None
    until: float | None = None


class RefundsQuery(Page):
    status: RefundStatus | None = None


class TransfersQuery(Page):
    status: TransferStatus | None = None
    direction: Literal["out", "in"] | None = None


class DeclinesQuery(Page):
    card_id: Id | None = None


class CasesQuery(Page):
    kind: CaseKind | None = None


class FeesQuery(Asked):
    currency: Currency


class RefundRequest(Asked):
    payment_id: Id
    reason: GivenReason
    amount_minor: Annotated[int, Field(gt=0)] | None = None


class DisputeRequest(Asked):
    payment_id: Id
    kind: DisputeKind
    reason: Reason = ""


class ReceiptRequest(Asked):
    payment_id: Id | None = None
    month: Month | None = None

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        if (self.payment_id is None) == (self.month is None):
            raise ValueError("give payment_id or month")
        return self


class WithReason(Asked):
    reason: Reason = ""


class ReplaceRequest(Asked):
    reason: Literal["lost", "stolen", "damaged", "expired", "other"]


class LimitChange(Asked):
    daily_minor: Annotated[int, Field(gt=0)]


class NewPhone(Asked):
    phone: Annotated[str, Field(min_length=1, max_length=40)]


class ScamRequest(Asked):
    reason: GivenReason
    transfer_id: Id | None = None
    payment_id: Id | None = None


class ComplaintRequest(Asked):
    reason: GivenReason
    about: Annotated[str, Field(max_length=40)] = ""


class CodeRequest(Asked):
    purpose: Purpose
    object: Annotated[str, Field(max_length=40)] = ""
    amount_minor: Annotated[int, Field(gt=0, lt=2**53)] | None = None


class CodeCheck(Asked):
    otp_id: Id
    code: Annotated[str, Field(min_length=1, max_length=12)]


class SmsReply(Asked):
    text: Annotated[str, Field(min_length=1, max_length=200)]


class Fault(Asked):
    """Breaks the next `times` matching requests in exactly one way."""

    path_prefix: Annotated[str, Field(pattern="^/")]
    method: Literal["GET", "POST"] | None = None
    when: Literal["before", "after"] = "before"
    status: Annotated[int, Field(ge=400, lt=600)] | None = None
    delay_ms: Annotated[int, Field(gt=0, le=60_000)] | None = None
    drop: Literal[True] | None = None
    times: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def one_way(self) -> Self:
        if sum(each is not None for each in (self.status, self.delay_ms, self.drop)) != 1:
            raise ValueError("give status, delay_ms or drop")
        return self


class Faults(Answer):
    faults: list[Fault]


class Customers(Answer):
    customers: list[models.CustomerSummary]


class Payments(Answer):
    payments: list[models.Payment]


class Duplicates(Answer):
    duplicates: list[models.Duplicate]


class Refunds(Answer):
    refunds: list[models.Refund]


class Transfers(Answer):
    transfers: list[models.Transfer]


class Cards(Answer):
    cards: list[models.Card]


class Declines(Answer):
    declines: list[models.Decline]


class Bills(Answer):
    bills: list[models.Bill]


class Fees(Answer):
    fees: list[models.Fee]


class Cases(Answer):
    cases: list[models.Case]


class Messages(Answer):
    messages: list[models.Message]
