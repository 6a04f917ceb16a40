"""Who may sign in at the desk: a YAML file, passwords as argon2id hashes.

    accounts:
      - {id: lin, name: Lin 林晓, role: agent, skills: {"lang:zh": 5}, capacity: 4, password: "$argon2id$..."}

`python -m bot.desk.accounts` asks for a password and prints its hash.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import argon2
import yaml

from bot.errors import ConfigError, SignedOut
from bot.settings import for_others
from bot.types import Agent

Role = Literal["agent", "supervisor"]
MAX_PASSWORD_CHARS = 256
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_KEYS = {"id", "name", "role", "skills", "capacity", "password"}
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

    def agent(self) -> Agent:
        """The person as the floor first knows them: offline."""
        return Agent(id=self.id, name=self.name, role=self.role, skills=self.skills, capacity=self.capacity)


class Accounts:
    """All accounts, by id."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._by_id = {account.id: account for account in accounts}
        self._hasher = argon2.PasswordHasher()
        self._decoy = ""
        self._turn = asyncio.Semaphore(_CHECKS_AT_ONCE)

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, account_id: str) -> Account | None:
        return self._by_id.get(account_id)

    async def sign_in(self, name: str, password: str) -> Account:
        """The account `name` and `password` belong to. Raises SignedOut, after the same time whether the name exists
        or not."""
        account = self._by_id.get(name.strip().lower())
        async with self._turn:
            fits = await asyncio.to_thread(self._fits, account, password)
        if account is None or not fits:
            raise SignedOut("wrong_password", "name and password do not match")
        return account

    def _fits(self, account: Account | None, password: str) -> bool:
        if account is None and not self._decoy:
            self._decoy = self._hasher.hash("nobody")
        expected = self._decoy if account is None else account.password
        try:
            return self._hasher.verify(expected, password)
        except argon2.exceptions.Argon2Error:
            return False


def load_accounts(path: Path) -> Accounts:
    """Raises ConfigError with every problem of the file."""
    try:
        mode, raw = path.stat().st_mode, yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"desk.accounts: cannot read {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path.name}: not YAML: {' '.join(str(error).split())}") from error
    if for_others(mode):
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
    if not isinstance(row.get("name"), str) or not row["name"].strip():
        problems.append("name: missing; it is what customers see")
    if row.get("role", "agent") not in ("agent", "supervisor"):
        problems.append(f"role '{row['role']}' is unknown; known: agent, supervisor")
    skills = row.get("skills", {})
    if not isinstance(skills, dict) or any(level not in range(1, 6) for level in skills.values()):
        problems.append("skills: expected `skill: level`, levels 1 to 5")
    if not isinstance(row.get("capacity", 4), int) or not 0 < row.get("capacity", 4) <= 50:
        problems.append("capacity: a whole number, 1 to 50")
    if not str(row.get("password", "")).startswith("$argon2id$"):
        problems.append("password: not an argon2id hash; make one with `python -m bot.desk.accounts`")
    return problems


def write_accounts(
    path: Path,
    people: Iterable[tuple[str, str, str, Mapping[str, int]]],
    *,
    password: str,
    hasher: argon2.PasswordHasher | None = None,
) -> None:
    """An accounts file where each (id, name, role, skills) has the same password: for demos and tests."""
    hasher = hasher or argon2.PasswordHasher()
    rows = [
        {"id": each, "name": name, "role": role, "skills": dict(skills), "password": hasher.hash(password)}
        for each, name, role, skills in people
    ]
    text = yaml.safe_dump({"accounts": rows}, allow_unicode=True, sort_keys=False)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    sys.stdout.write(argon2.PasswordHasher().hash(getpass.getpass("password: ")) + "\n")
