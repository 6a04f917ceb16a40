"""Files are read as Rasa reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
import rasa.shared.utils.io

from bot.cli import main
from bot.desk.accounts import load_accounts
from bot.engine import languages, project
from bot.errors import ConfigError
from bot.files import parse_yaml
from bot.settings import Settings
from tests.rasa.beside import write


@pytest.mark.parametrize(
    "content",
    [
        *("a: Yes", "a: no", "a: on", "a: y", "a: true", "a: 12:30", "a: 190:20:30", "a: 2024-01-01", "a: 1_000"),
        *("a: 0o14", "a: 014", "a: 0x1F", "a: ~", "a:", "a: 1e3", "a: .5", "a: +12", "a: 1.0.0", "a: 你好", "a: 'No'"),
        *("a: ${WHO}", "a: x ${WHO} y ${WHO}", "a: '${WHO}'", 'a: "${WHO}"', "a: $WHO", "${WHO}: b"),
        *("- a\n- No", "a: &x [1]\nb: *x", "<<: {a: 1}", "a: |\n  one\n  two\n", "a: >\n  one\n  ${WHO}\n"),
    ],
)
def test_a_value_is_what_rasas_own_reader_makes_of_it(content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHO", "ann")
    assert parse_yaml(content, name="x.yml") == rasa.shared.utils.io.read_yaml(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: 1\na: 2", "x.yml: not YAML: .*duplicate"),
        ("a: [", "x.yml: not YAML: "),
        ("a: !!python/object/apply:os.getcwd []", "x.yml: not YAML: "),
        ("a: 1\nb: pre ${NOT_THERE}", r"x.yml: line 2: \$\{NOT_THERE\}: the environment variable NOT_THERE is not set"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(content: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_yaml(content, name="x.yml", env={})


def test_every_file_of_a_project_takes_yes_for_text_and_variables_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTIONS_AT", "http://actions.example")
    folder = write(
        tmp_path,
        {
            "endpoints.yml": """
                version: "3.1"
                site: No
                action_endpoint: {url: "http://x"}
                nlg:
                  url: ${ACTIONS_AT}/nlg
                """,
            "people.yml": "accounts: [{id: on, name: Yes, password: $argon2id$x}]",
            "data/responses/en.yml": """
                responses:
                  utter_ask:
                  - text: 12:30
                    buttons: [{title: Yes, payload: Yes}, {title: No, payload: No}]
                """,
            "config.yml": "language: no",
        },
    )
    settings = Settings.load(folder)
    assert (settings.site, settings.rasa["nlg"]["url"]) == ("No", "http://actions.example/nlg")
    (folder / "people.yml").chmod(0o600)
    assert load_accounts(folder / "people.yml").get("on").name == "Yes"
    assert project.config_of(folder) == {"language": "no"}
    variation = languages.read(folder / "data/responses/en.yml")["utter_ask"][0]
    assert variation["text"] == "12:30"
    assert [button["title"] for button in variation["buttons"]] == ["Yes", "No"]


def test_validate_reads_endpoints_and_credentials_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(
        tmp_path,
        {
            "domain.yml": "{}",
            "endpoints.yml": "gateway: {port: many}\nsite: ${NOT_THERE}",
            "credentials.yml": "telegram: {access_token: x}",
        },
    )
    assert main(["--project", str(folder), "validate"]) == 1
    said = capsys.readouterr().err
    assert "endpoints.yml: line 2: ${NOT_THERE}" in said
    assert "credentials.yml: channel 'telegram' is not served" in said
