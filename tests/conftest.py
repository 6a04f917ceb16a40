"""What every test stands on."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import actions as shipped

_modules: dict[str, ModuleType] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember the shipped `actions`: a test of another project loads that project's under the same name."""
    del item
    if sys.modules.get("actions") is shipped:
        _modules.update(_actions())


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Afterwards the name means the shipped ones again."""
    del item
    if sys.modules.get("actions") is not shipped:
        for name in _actions():
            del sys.modules[name]
        sys.modules.update(_modules)


def _actions() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "actions"}
