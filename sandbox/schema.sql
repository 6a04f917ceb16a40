-- Moments are seconds since the Unix epoch, days are 'YYYY-MM-DD' in the customer's time zone, amounts are minor units.
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS customers (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    phone TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    address TEXT NOT NULL,
    tier TEXT NOT NULL,
    currency TEXT NOT NULL,
    timezone TEXT NOT NULL,
    member_since REAL NOT NULL,
    story TEXT NOT NULL,
    balance_minor INTEGER NOT NULL CHECK (balance_minor >= 0),
    daily_minor INTEGER NOT NULL,
    outgoing_frozen INTEGER NOT NULL DEFAULT 0,
    devices INTEGER NOT NULL DEFAULT 1,
    cools_until REAL NOT NULL DEFAULT 0,
    closes_on TEXT,
    verification TEXT NOT NULL DEFAULT 'verified',
    verification_reason TEXT,
    verification_needed TEXT NOT NULL DEFAULT '[]',
    verification_submitted_at REAL,
    verification_decided_at REAL,
    verification_expected_on TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    order_number TEXT NOT NULL UNIQUE,
    at REAL NOT NULL,
    merchant TEXT NOT NULL,
    category TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    method TEXT NOT NULL,
    card_ending TEXT,
    failure_reason TEXT,
    settles_on TEXT,
    reverses_on TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS payments_of ON payments (customer_id, at);

CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    payment_id TEXT NOT NULL REFERENCES payments,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    destination TEXT NOT NULL,
    card_ending TEXT,
    requested_at REAL NOT NULL,
    approved_at REAL,
    sent_at REAL,
    completed_at REAL,
    cancelled_at REAL,
    expected_on TEXT,
    bank_reference TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refunds_of ON refunds (customer_id, requested_at);
CREATE UNIQUE INDEX IF NOT EXISTS one_refund_a_payment ON refunds (payment_id) WHERE status != 'cancelled';

CREATE TABLE IF NOT EXISTS transfers (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    at REAL NOT NULL,
    direction TEXT NOT NULL,
    counterparty TEXT NOT NULL,
    account TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    fee_minor INTEGER NOT NULL DEFAULT 0,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    arrives_at REAL,
    failure_reason TEXT,
    returns_on TEXT,
    note TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS transfers_of ON transfers (customer_id, at);

CREATE TABLE IF NOT EXISTS cards (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    ending TEXT NOT NULL,
    kind TEXT NOT NULL,
    network TEXT NOT NULL,
    status TEXT NOT NULL,
    frozen_by TEXT,
    expires TEXT NOT NULL,
    issued_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cards_of ON cards (customer_id, issued_at);

CREATE TABLE IF NOT EXISTS replacements (
    card_id TEXT PRIMARY KEY REFERENCES cards,
    ending TEXT NOT NULL,
    status TEXT NOT NULL,
    ordered_at REAL NOT NULL,
    expected_on TEXT NOT NULL,
    carrier TEXT,
    tracking_number TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS declines (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    card_id TEXT NOT NULL REFERENCES cards,
    at REAL NOT NULL,
    merchant TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS declines_of ON declines (customer_id, at);

CREATE TABLE IF NOT EXISTS cases (
    number TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    kind TEXT NOT NULL,
    about TEXT NOT NULL DEFAULT '',
    topic TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    opened_at REAL NOT NULL,
    answer_by TEXT NOT NULL,
    refund_id TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cases_of ON cases (customer_id, opened_at);
CREATE UNIQUE INDEX IF NOT EXISTS one_case_each ON cases (kind, about) WHERE kind IN ('dispute', 'trace', 'recall');

CREATE TABLE IF NOT EXISTS receipts (
    token TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customers,
    at REAL NOT NULL,
    content TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS codes (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    purpose TEXT NOT NULL,
    object TEXT NOT NULL DEFAULT '',
    amount_minor INTEGER,
    code TEXT NOT NULL,
    sent_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    tries_left INTEGER NOT NULL,
    void INTEGER NOT NULL DEFAULT 0,
    verified_at REAL,
    spent_at REAL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS codes_of ON codes (customer_id, sent_at);

CREATE TABLE IF NOT EXISTS wrong_codes (
    customer_id TEXT NOT NULL REFERENCES customers,
    purpose TEXT NOT NULL,
    at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS wrong_codes_of ON wrong_codes (customer_id, at);

CREATE TABLE IF NOT EXISTS phone_changes (
    id TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    phone TEXT NOT NULL,
    status TEXT NOT NULL,
    asked_at REAL NOT NULL,
    counts_at REAL
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS one_phone_change ON phone_changes (customer_id) WHERE status IN ('unproven', 'waiting');

CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers,
    at REAL NOT NULL,
    to_number TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    code TEXT
);
CREATE INDEX IF NOT EXISTS outbox_of ON outbox (customer_id, id);

-- What time does by itself: each row is applied once, when its moment has come (sandbox/clock.py).
CREATE TABLE IF NOT EXISTS schedule (
    due_at REAL NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (due_at, kind, subject)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS schedule_of ON schedule (subject);

CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS idempotency_age ON idempotency (at);
