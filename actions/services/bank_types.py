"""The bank's nouns: frozen, standard library only.

Moments (`*_at`, `at`, `*_until`) are seconds since the Unix epoch; days (`*_on`) are "YYYY-MM-DD" in the customer's own
time zone; amounts (`*_minor`) are minor units of the `currency` beside them. All survive `bot.types.to_wire`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSummary:
    id: str
    name: str
    language: str
    currency: str
    story: str
    """What is going on with this customer, in one English sentence. Only a sandbox tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    id: str
    name: str
    language: str
    """`en` or `zh`."""
    phone: str
    """Masked: `138****5678`."""
    email: str
    """Masked: `e***@example.com`."""
    tier: str
    """standard, gold, platinum."""
    currency: str
    timezone: str
    """IANA name, for showing moments."""
    member_since: float
    verification: str
    """As `Verification.status`."""
    outgoing_frozen: bool
    """No money leaves: a scam was reported, or the account was locked."""
    closes_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    currency: str
    balance_minor: int
    pending_minor: int
    """Set aside for payments that have not settled."""
    available_minor: int
    as_of: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    id: str
    order_number: str
    """The merchant's: O..."""
    at: float
    merchant: str
    category: str
    """food, groceries, shopping, transport, travel, entertainment, utilities, digital, health, other."""
    amount_minor: int
    currency: str
    status: str
    """pending, completed, failed, reversed (the money was never taken, or is back)."""
    method: str
    """balance or card."""
    card_ending: str | None
    failure_reason: str | None
    """insufficient_funds, limit_reached, card_expired, declined_by_bank, network_error, merchant_error."""
    settles_on: str | None
    """Pending: when it is taken or released."""
    reverses_on: str | None
    """Failed, though the money is held: when it is back."""
    refundable_minor: int
    """0 if no refund can be asked for now."""
    refundable_until: float | None
    refund_id: str | None
    """The refund in progress or done."""
    dispute_number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    first: Payment
    second: Payment
    apart_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    id: str
    payment_id: str
    order_number: str
    merchant: str
    amount_minor: int
    currency: str
    status: str
    """requested, approved, sent_to_bank, completed, cancelled."""
    reason: str
    destination: str
    """balance or card."""
    card_ending: str | None
    requested_at: float
    approved_at: float | None
    sent_at: float | None
    completed_at: float | None
    cancelled_at: float | None
    expected_on: str | None
    """The day it should be in the customer's hands."""
    overdue: bool
    """Not completed though `expected_on` has passed."""
    cancellable: bool
    bank_reference: str | None
    """What the receiving bank can find it by; from sent_to_bank on."""
    trace_number: str | None
    """The case, if a search was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    id: str
    at: float
    direction: str
    """out or in."""
    counterparty: str
    account: str
    """Masked account of the counterparty."""
    amount_minor: int
    currency: str
    fee_minor: int
    kind: str
    """instant, standard, international."""
    status: str
    """processing, completed, failed (never left), returned (came back), cancelled."""
    expected_on: str | None
    arrives_at: float | None
    """Processing: the estimate. Completed: when it arrived."""
    failure_reason: str | None
    """account_not_found, name_mismatch, account_closed, recipient_bank_rejected, limit_reached, insufficient_funds."""
    returns_on: str | None
    """Failed or returned, money not back yet: the day it will be."""
    cancellable: bool
    recall_number: str | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    ending: str
    status: str
    """ordered, printed, shipped, delivered."""
    ordered_at: float
    expected_on: str
    carrier: str | None
    tracking_number: str | None
    address: str
    """Masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    id: str
    ending: str
    kind: str
    """debit, credit, virtual."""
    network: str
    """UnionPay, Visa, Mastercard."""
    status: str
    """active, frozen, lost, replaced."""
    frozen_by: str | None
    """customer or bank."""
    expires: str
    """YYYY-MM."""
    replacement: Replacement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    id: str
    card_id: str
    card_ending: str
    at: float
    merchant: str
    amount_minor: int
    currency: str
    reason: str
    """insufficient_funds, card_frozen, limit_reached, card_expired, wrong_pin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySum:
    category: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    month: str
    """YYYY-MM."""
    currency: str
    open: bool
    """The month is still running."""
    spent_minor: int
    payments: int
    refunded_minor: int
    sent_minor: int
    received_minor: int
    fees_minor: int
    categories: tuple[CategorySum, ...]
    """Largest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    currency: str
    daily_minor: int
    used_today_minor: int
    left_today_minor: int
    single_minor: int
    """The most one payment may be."""
    min_minor: int
    """The daily limit may be set with `min_minor <= daily <= max_minor`."""
    max_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    code: str
    """transfer_standard, transfer_instant, transfer_international, withdrawal, atm, atm_abroad, conversion,
    card_replacement, refund, monthly."""
    currency: str
    fixed_minor: int
    basis_points: int
    """Hundredths of a percent of the amount."""
    min_minor: int
    max_minor: int | None
    free_per_month: int
    """How many a month are free of charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    number: str
    kind: str
    """dispute, complaint, scam, trace, recall."""
    about: str
    """The payment, refund or transfer it is about, or empty."""
    topic: str
    """A dispute's kind (charged_twice, not_recognised, not_received, other), else empty."""
    status: str
    """open, resolved, rejected, withdrawn."""
    opened_at: float
    answer_by: str
    """The day by which the customer hears from us."""
    refund_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScamReport:
    case: Case
    stopped: tuple[str, ...]
    """Transfers that were still processing and are cancelled now."""
    recalled: tuple[str, ...]
    """Transfers that had arrived and are asked back."""
    outgoing_frozen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    number: str
    locked_at: float
    outgoing_frozen: bool
    devices_signed_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    status: str
    """unverified, pending, verified, rejected, expired."""
    reason: str | None
    """Rejected: document_unreadable, name_mismatch, face_mismatch, document_expired."""
    needed: tuple[str, ...]
    """id_card, passport, selfie, proof_of_address."""
    submitted_at: float | None
    decided_at: float | None
    expected_on: str | None
    """Pending: when it is decided."""
    url: str
    """Where the customer does it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetLink:
    sent_to: str
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChange:
    phone: str
    """The new number, masked."""
    status: str
    """unproven (its own code has not come back), waiting (the old number may stop it)."""
    counts_at: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    number: str
    closes_on: str
    """Until that day the customer may change their mind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    number: str
    url: str
    sent_to: str
    """Masked e-mail address."""
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSent:
    otp_id: str
    sent_to: str
    """Masked phone number."""
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeVerified:
    proof: str
    """Opens the one deed that the code was sent for."""
    purpose: str
    verified_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    id: int
    at: float
    to: str
    text: str
    code: str | None
    """The one-time code in it."""
