"""Which passwords may be set for the desk."""

import subprocess
import sys

import pytest

from bot.desk.accounts import MAX_PASSWORD_CHARS
from bot.desk.passwords import MIN_CHARS, problems


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "lower case letters alone will do",
        "77042915836602945781",
        "我家楼下的猫喜欢看雨和听收音机",
        "🦊🌵🎺🧊🪁🥝🛶🧦🪗🍄🦔🌋",
        "a phrase of more than sixty-four characters, as a password manager makes them for whoever asks",
    ],
)
def test_what_is_long_and_cannot_be_guessed_may_be_set_whatever_signs_it_has(password: str) -> None:
    assert problems(password, account_id="lin") == []


@pytest.mark.parametrize(
    "password",
    [
        "Password123456",
        "P@ssw0rd2024!",
        "qwertyuiop12",
        "123456789012",
        "iloveyou1234",
        "aaaaaaaaaaaaaaaa",
        "abcdefghijklmnop",
        "passwordpassword",
        "drowssapdrowssap",
    ],
)
def test_what_leaked_often_and_what_is_made_of_it_may_not(password: str) -> None:
    assert len(password) >= MIN_CHARS
    assert problems(password)


@pytest.mark.parametrize(
    "password", ["short", "elevenchars", "xiaoer-desk-2026", "Lin.Lin.Lin.Lin9", "小二客服小二客服小二客服"]
)
def test_what_is_short_without_our_own_words_may_not(password: str) -> None:
    (why,) = problems(password, account_id="lin")
    assert why.startswith(f"it is shorter than {MIN_CHARS} characters")


def test_every_password_that_leaked_often_is_refused() -> None:
    """The top 3,000 that are long enough, or all there are."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    leaked = [each for each in FREQUENCY_LISTS["passwords"] if len(each) >= MIN_CHARS]
    assert len(leaked) > 200
    assert [each for each in leaked if not problems(each)] == []
    doubled = [each * 2 for each in FREQUENCY_LISTS["passwords"][:3000:10] if len(each) * 2 >= MIN_CHARS]
    assert [each for each in doubled if not problems(each)] == []


def test_the_longest_that_can_be_typed_at_the_desk_may_be_set() -> None:
    longest = "".join(chr(ord("a") + n * n % 26) for n in range(MAX_PASSWORD_CHARS))
    assert problems(longest) == []
    assert problems(longest + "x") == [f"it is longer than {MAX_PASSWORD_CHARS} characters"]


def test_the_command_refuses_with_a_reason_and_prints_no_hash() -> None:
    program = "import getpass, runpy; getpass.getpass = lambda *_: 'qwertyuiop12'; "
    program += "runpy.run_module('bot.desk.accounts', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("not this one: ")
    assert "qwerty" not in done.stderr
