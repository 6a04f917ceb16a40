"""Who may sign in at the desk."""

import stat
import subprocess
import sys
from pathlib import Path

import argon2
import pytest
import yaml

from bot.desk.accounts import load_accounts, write_accounts
from bot.errors import ConfigError, SignedOut

PEOPLE = (("lin", "Lin 林晓", "agent", {"lang:zh": 5}), ("mei", "Mei", "supervisor", {}))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "accounts.yml"
    write_accounts(path, PEOPLE, password="correct horse")
    return path


async def test_name_and_password_open_the_desk(path: Path) -> None:
    account = await load_accounts(path).check("lin", "correct horse")
    agent = account.agent()
    assert (agent.id, agent.name, agent.role, agent.state) == ("lin", "Lin 林晓", "agent", "offline")
    assert agent.skills == {"lang:zh": 5}


@pytest.mark.parametrize(("name", "password"), [("lin", "wrong"), ("nobody", "correct horse"), ("", ""), ("lin", "")])
async def test_nothing_else_does_and_the_answer_does_not_say_why(path: Path, name: str, password: str) -> None:
    with pytest.raises(SignedOut, match=r"^name and password do not match$"):
        await load_accounts(path).check(name, password)


def test_the_file_holds_hashes_that_only_its_owner_can_read(path: Path) -> None:
    assert "correct horse" not in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    hashes = [row["password"] for row in yaml.safe_load(path.read_text(encoding="utf-8"))["accounts"]]
    assert all(each.startswith("$argon2id$") for each in hashes)
    assert len(set(hashes)) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("accounts: [", "not YAML"),
        ("people: []", "expected `accounts:`"),
        ("accounts: [lin]", "account 1: expected id, name and password"),
        ("accounts: [{id: lin, name: Lin, password: secret}]", "account 1: password: not an argon2id hash"),
        ("accounts: [{id: L!, name: Lin, password: $argon2id$x}]", "account 1: id: 1 to 64"),
        ("accounts: [{id: lin, name: Lin, password: $argon2id$x, role: boss}]", "role 'boss' is unknown; known: agent"),
        ("accounts: [{id: mei, name: Mei, password: $argon2id$x, role: supervisor}]", "a supervisor needs a second"),
        ("accounts: [{id: mei, name: Mei, password: $argon2id$x, totp: secret}]", "totp: not 32 or more"),
        ("accounts: [{id: mei, name: Mei, password: $argon2id$x, totp: 12}]", "totp: not 32 or more"),
        ("accounts: [{id: lin, name: Lin, password: $argon2id$x, enabled: maybe}]", "enabled: true or false"),
        ('accounts: [{id: lin, name: "Li\\u202en", password: $argon2id$x}]', "signs that cannot be seen"),
        ("accounts: [{id: lin, name: Lin, password: $argon2id$x, skills: {zh: 9}}]", "skills: expected"),
        ("accounts: [{id: lin, name: Lin, password: $argon2id$x, colour: red}]", "'colour' is unknown"),
        ("accounts: [{id: a, name: A, password: $argon2id$x}, {id: a, name: A, password: $argon2id$x}]", "twice"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "accounts.yml"
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_accounts(path)
    assert problem in str(caught.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_read_is_refused_with_what_to_do(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "accounts.yml"
    write_accounts(path, PEOPLE, password="correct horse", hasher=argon2.PasswordHasher(time_cost=1, memory_cost=64))
    path.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        load_accounts(path)
    path.chmod(0o600)
    assert len(load_accounts(path)) == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load_accounts(tmp_path / "none.yml")


def test_the_command_makes_what_the_file_needs(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "import getpass, runpy, sys; getpass.getpass = lambda *_: 'correct horse battery'; ",
    ]
    command[-1] += "sys.argv[1:] = ['mei']; runpy.run_module('bot.desk.accounts', run_name='__main__')"
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    path = tmp_path / "accounts.yml"
    row = "\n".join(f"    {line}" for line in made.splitlines())
    path.write_text(f"accounts:\n  - id: mei\n    name: Mei\n    role: supervisor\n{row}\n", encoding="utf-8")
    path.chmod(0o600)
    account = load_accounts(path).get("mei")
    assert account is not None
    uri = next(line for line in made.splitlines() if "otpauth" in line)
    assert f"otpauth://totp/Xiaoer:mei?secret={account.totp}&issuer=Xiaoer" in uri
