"""docs/reference/sandbox.md says what is there: options, paths, refusals, customers."""

from __future__ import annotations

import re

from sandbox.__main__ import _parser
from sandbox.table import TABLE
from tests.bank import PROJECT, RunningBank

PAGE = (PROJECT / "docs/reference/sandbox.md").read_text(encoding="utf-8")


def test_every_option_is_there() -> None:
    assert set(re.findall(r"--[a-z]+", _parser().format_help())) - {"--help"} <= set(re.findall(r"--[a-z]+", PAGE))


def test_every_action_is_there_with_all_its_refusals() -> None:
    rows = {re.sub(r"{\w+}", "{id}", found[1]): found[0] for found in re.finditer(r"\| `POST (\S+)` .*\|", PAGE)}
    for route in TABLE:
        if route.changes:
            path = re.sub(r"{\w+}", "{id}", route.path.removeprefix("/customers/{customer_id}/"))
            assert set(route.refusals) == set(re.findall(r"`(\w+)`", rows[path].split("|")[3])), path
            assert ("⚿" in rows[path]) == (route.deed is not None), path


def test_every_resource_is_there() -> None:
    for route in TABLE:
        if not route.changes:
            last = re.sub(r"/{\w+}$", "", route.path).rsplit("/", 1)[-1]
            assert last.removesuffix("s") in PAGE, route.path


async def test_every_customer_is_there(bank: RunningBank) -> None:
    for each in await bank.client.customers():
        assert f"| {each.id} | {each.name} | {each.language} {each.currency} |" in PAGE
