"""Who may sign in at the desk: a YAML file, passwords as argon2id hashes.

    accounts:
      - {id: lin, name: Lin 林晓, role: agent, skills: {"lang:zh": 5}, capacity: 4, password: "$argon2id$..."}

`python -m bot.desk.accounts` asks for a password and prints its hash; `python -m bot.desk.accounts mei` makes a
second factor as well. The file is read again whenever it changes.
"""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import argon2
import pyotp
import structlog

from bot.errors import ConfigError, SignedOut
from bot.files import read_yaml
from bot.settings import for_others
from bot.types import Agent

log = structlog.get_logger(__name__)

Role = Literal["agent", "supervisor"]
ROLES = ("agent", "supervisor")
MAX_PASSWORD_CHARS = 256
ISSUER = "Xiaoer"
STEP_S = 30
"""One-time codes by RFC 6238: six digits, SHA-1, a new one every 30 s; the one before and the one after are good."""
LASTS_S = 8
"""So long a code that is shown is still good."""
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_TOTP = re.compile(r"[A-Z2-7]{32,}")
_KEYS = {"id", "name", "role", "skills", "capacity", "password", "totp", "enabled"}
_CHECKS_AT_ONCE = 2
"""Each takes 64 MiB for some 50 ms: strangers must not be able to take all memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    id: str
    name: str
    password: str = field(repr=False)
    """An argon2id hash in PHC format."""
    role: Role = "agent"
    skills: Mapping[str, int] = field(default_factory=dict)
    capacity: int = 4
    totp: str = field(default="", repr=False)
    """The secret of their one-time codes, in base 32; empty: none are asked for. Supervisors have one."""
    enabled: bool = True

    @property
    def version(self) -> str:
        """Changes with what a session stands on: a session that was opened under another one has ended."""
        parts = (self.password, self.role, self.totp, str(self.enabled))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    def agent(self) -> Agent:
        """The person as the floor first knows them: offline."""
        return Agent(id=self.id, name=self.name, role=self.role, skills=self.skills, capacity=self.capacity)

    def step_of(self, code: str, now: float) -> int | None:
        """The time step a one-time code belongs to; None if it is not one of the three that are good now."""
        totp = pyotp.TOTP(self.totp, interval=STEP_S)
        good = (step for step in _steps(now) if pyotp.utils.strings_equal(totp.generate_otp(step), code))
        return next(good, None)

    def code(self, now: float, *, after: int = -1) -> str:
        """A code that is good now and for some seconds more, of a later time step than that one if there is one: for
        demos and tests."""
        good = _steps(now)[now % STEP_S > STEP_S - LASTS_S :]  # the first ends with the time step that runs
        step = next((step for step in good if step > after), int(now // STEP_S))
        return pyotp.TOTP(self.totp, interval=STEP_S).generate_otp(step)


def _steps(now: float) -> tuple[int, int, int]:
    step = int(now // STEP_S)
    return step - 1, step, step + 1


class Accounts:
    """All accounts, by id."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_id = {account.id: account for account in accounts}
        self._hasher = argon2.PasswordHasher()
        self._decoy = ""
        self._turn = asyncio.Semaphore(_CHECKS_AT_ONCE)

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_id.values())

    def get(self, account_id: str) -> Account | None:
        """None for one that was never there, is gone, or is switched off."""
        account = self._by_id.get(account_id)
        return account if account is not None and account.enabled else None

    async def check(self, name: str, password: str) -> Account:
        """The account `name` and `password` belong to. Raises SignedOut, after the same time whether the name exists
        or not."""
        known = self._by_id.get(name)
        async with self._turn:
            fits = await asyncio.to_thread(self._fits, known, password)
        account = self.get(name)
        if account is None or not fits:
            raise SignedOut("wrong_password", "name and password do not match")
        return account

    def _fits(self, account: Account | None, password: str) -> bool:
        if not self._decoy:  # Made at the first try whatever its name, and as costly to check as the others.
            self._decoy = self._like_the_others().hash("nobody")
        expected = self._decoy if account is None else account.password
        try:
            return self._hasher.verify(expected, password)
        except argon2.exceptions.Argon2Error:
            return False

    def _like_the_others(self) -> argon2.PasswordHasher:
        for account in self:
            try:
                return argon2.PasswordHasher.from_parameters(argon2.extract_parameters(account.password))
            except argon2.exceptions.InvalidHashError:
                continue
        return self._hasher


class AccountsFile:
    """The accounts as they stand in the file now. A file that cannot be taken leaves those that were there before."""

    def __init__(self, path: Path) -> None:
        """Raises ConfigError with every problem of the file."""
        self._path = path
        self._stamp = _stamp(path)
        self._accounts = load_accounts(path)

    @property
    def now(self) -> Accounts:
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._accounts = load_accounts(self._path)
            except ConfigError as error:
                log.error("desk.accounts_refused", problems=list(error.problems))
        return self._accounts


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        stat = path.stat()
    except OSError:
        return ()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_mode


def load_accounts(path: Path) -> Accounts:
    """Raises ConfigError with every problem of the file."""
    raw = read_yaml(path)
    if for_others(path.stat().st_mode):
        raise ConfigError(f"desk.accounts: {path} may be read by others, and holds passwords' hashes; chmod 600 it")
    rows = raw.get("accounts") if isinstance(raw, dict) else None
    if not isinstance(rows, list) or not rows:
        raise ConfigError(f"{path.name}: expected `accounts:` and a list of them")
    accounts: dict[str, Account] = {}
    problems: list[str] = []
    for number, row in enumerate(rows, start=1):
        place = f"{path.name}: account {number}"
        found = _problems(row, taken=accounts)
        problems += [f"{place}: {problem}" for problem in found]
        if not found:
            accounts[row["id"]] = Account(**row)
    if problems:
        raise ConfigError(*problems)
    return Accounts(accounts.values())


def _problems(row: Any, *, taken: Mapping[str, Account]) -> list[str]:
    if not isinstance(row, dict):
        return [f"expected id, name and password, found {row!r}"]
    problems = [f"'{key}' is unknown; known: {', '.join(sorted(_KEYS))}" for key in row if key not in _KEYS]
    if not isinstance(row.get("id"), str) or not _ID.fullmatch(row["id"]):
        problems.append("id: 1 to 64 of a-z, 0-9 and `_.-`")
    elif row["id"] in taken:
        problems.append(f"id '{row['id']}' is there twice")
    if not isinstance(row.get("name"), str) or not row["name"].strip() or not row["name"].isprintable():
        problems.append("name: missing, or with signs that cannot be seen; it is what customers see")
    skills = row.get("skills", {})
    if not isinstance(skills, dict) or any(level not in range(1, 6) for level in skills.values()):
        problems.append("skills: expected `skill: level`, levels 1 to 5")
    if not isinstance(row.get("capacity", 4), int) or not 0 < row.get("capacity", 4) <= 50:
        problems.append("capacity: a whole number, 1 to 50")
    if not isinstance(row.get("enabled", True), bool):
        problems.append("enabled: true or false")
    return problems + _problems_of_proof(row)


def _problems_of_proof(row: Mapping[str, Any]) -> list[str]:
    """What is wrong with how somebody shows who they are."""
    role, totp, problems = row.get("role", "agent"), row.get("totp", ""), []
    if role not in ROLES:
        problems.append(f"role '{role}' is unknown; known: {', '.join(ROLES)}")
    if not str(row.get("password", "")).startswith("$argon2id$"):
        problems.append("password: not an argon2id hash; make one with `python -m bot.desk.accounts`")
    if totp != "" and (not isinstance(totp, str) or not _TOTP.fullmatch(totp)):
        problems.append("totp: not 32 or more of A-Z and 2-7; make one with `python -m bot.desk.accounts ID`")
    if totp == "" and role == "supervisor":
        problems.append("totp: a supervisor needs a second factor; make one with `python -m bot.desk.accounts ID`")
    return problems


def write_accounts(
    path: Path,
    people: Iterable[tuple[str, str, str, Mapping[str, int]]],
    *,
    password: str,
    hasher: argon2.PasswordHasher | None = None,
) -> None:
    """An accounts file where each (id, name, role, skills) has the same password, and supervisors a second factor: for
    demos and tests."""
    hasher = hasher or argon2.PasswordHasher()
    rows: list[dict[str, Any]] = [
        {"id": each, "name": name, "role": role, "skills": dict(skills), "password": hasher.hash(password)}
        | ({"totp": pyotp.random_base32()} if role == "supervisor" else {})
        for each, name, role, skills in people
    ]
    # JSON is YAML, and needs no quotes to be thought of.
    text = json.dumps({"accounts": rows}, ensure_ascii=False, indent=2) + "\n"
    new = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)


def _enrol(account_id: str) -> str:
    """The lines for the file and for the authenticator app."""
    secret = pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=account_id, issuer_name=ISSUER)
    return f"totp: {secret}\n# for the authenticator app, as text or as a QR code; show it to nobody else:\n# {uri}\n"


def _main(account_id: str) -> int:
    from bot.desk.passwords import problems

    password = getpass.getpass("password: ")
    found = problems(password, account_id=account_id)
    if found:
        sys.stderr.write(f"not this one: {'; '.join(found)}\n")
        return 1
    sys.stdout.write(f"password: {argon2.PasswordHasher().hash(password)}\n")
    if account_id:
        sys.stdout.write(_enrol(account_id))
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1] if len(sys.argv) > 1 else ""))
