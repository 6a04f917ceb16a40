"""The services of a process: by name in endpoints.yml, by class in actions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import actions
from actions import services
from actions.services import Services
from actions.services.bank import Bank
from bot.errors import ConfigError
from bot.settings import ServiceSettings, Settings

PROJECT = Path(__file__).resolve().parents[3]


def entry(module: str, name: str = "bank") -> ServiceSettings:
    return ServiceSettings(name=name, module=module, url="http://127.0.0.1:1", key="k")


@pytest.fixture(autouse=True)
def nothing_installed() -> Iterator[None]:
    before = services._installed, services._configured
    services._installed = services._configured = None
    yield
    services._installed, services._configured = before


def test_an_action_gets_its_service_by_class() -> None:
    services.install(Services([entry("actions.services.bank.Bank")]))
    assert services.service(Bank) is services.service(Bank)
    assert services.current().by_name["bank"] is services.service(Bank)


def test_the_services_of_the_engines_settings_are_asked_with_their_keys() -> None:
    """The demo's are in no environment that an action could read."""
    actions.begin(Settings.load(PROJECT, {"XIAOER_BANK_KEY": "k", "XIAOER_BANK_URL": "http://127.0.0.1:1"}))
    assert (services.service(Bank).url, services.service(Bank)._key) == ("http://127.0.0.1:1", "k")


def test_where_nothing_is_configured_the_folders_own_settings_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "endpoints.yml").write_text(
        "services:\n  bank:\n    module: actions.services.bank.Bank\n    url: http://127.0.0.1:9\n"
    )
    monkeypatch.chdir(tmp_path)
    assert services.service(Bank).url == "http://127.0.0.1:9"


def test_every_entry_that_cannot_be_loaded_is_named() -> None:
    wrong = ["actions.services.bank.Bnak", "actions.services.nothing.At", "nodots", "actions.services.http.path_of"]
    with pytest.raises(ConfigError) as error:
        Services(entry(module, name=f"s{n}") for n, module in enumerate(wrong))
    assert len(error.value.problems) == 4
    assert all(f"services.s{n}.module" in problem for n, problem in enumerate(error.value.problems))


def test_asking_for_one_that_is_not_configured_says_which_are() -> None:
    class Loyalty:
        pass

    with pytest.raises(ConfigError, match="known: bank"):
        Services([entry("actions.services.bank.Bank")]).get(Loyalty)


def test_the_projects_own_endpoints_load() -> None:
    assert "bank" in Services(Settings.load(PROJECT, {}).services).by_name
