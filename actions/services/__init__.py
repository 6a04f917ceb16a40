"""Account services: what the actions ask and tell, one client a file.

A service is a class with keyword-only `name`, `url`, `key`, `timeout_s`, whose methods raise `ServiceDown` or
`ServiceRefused` and nothing else; whatever changes something takes a required `idempotency_key`. To add one, write its
file and name it in endpoints.yml:

    services:
      loyalty:
        module: actions.services.loyalty.Loyalty
        url: https://loyalty.internal

Actions ask for it by class: `service(Loyalty)`. `tests/plugins/test_services.py` runs over every service named there.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from bot.errors import ConfigError

_Service = TypeVar("_Service")


class ServiceConfig(Protocol):
    """One entry of endpoints.yml's `services` (`bot.settings.ServiceSettings` is one)."""

    @property
    def name(self) -> str: ...
    @property
    def module(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def timeout_s(self) -> float: ...


class Service(Protocol):
    """What the registry needs of a client. Its constructor does no I/O."""

    def __init__(self, *, name: str, url: str, key: str, timeout_s: float) -> None: ...

    async def ping(self) -> None:
        """Raises ServiceDown if the service cannot be used now."""

    async def close(self) -> None:
        """Let go of connections; safe to repeat. The client may be used again afterwards."""


class Services:
    """The clients of one process, by class. `async with Services(settings.services):` closes them."""

    def __init__(self, configs: Iterable[ServiceConfig]) -> None:
        """Raises ConfigError naming every entry whose class cannot be loaded."""
        self.by_name: dict[str, Service] = {}
        problems: list[str] = []
        for config in configs:
            try:
                made = load(config.name, config.module)
            except ConfigError as error:
                problems += error.problems
                continue
            self.by_name[config.name] = made(
                name=config.name, url=config.url, key=config.key, timeout_s=config.timeout_s
            )
        if problems:
            raise ConfigError(*problems)

    def get(self, kind: type[_Service]) -> _Service:
        """The one service of this class. Raises ConfigError if endpoints.yml names none."""
        for client in self.by_name.values():
            if isinstance(client, kind):
                return client
        raise ConfigError(
            f"endpoints.yml: services: no {kind.__module__}.{kind.__qualname__}; known: {', '.join(self.by_name)}"
        )

    async def close(self) -> None:
        for client in self.by_name.values():
            await client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


_configured: tuple[ServiceConfig, ...] | None = None
_installed: Services | None = None


def configure(configs: Iterable[ServiceConfig]) -> None:
    """What `current` makes the process's services of."""
    global _configured  # noqa: PLW0603
    _configured = tuple(configs)


def install(services: Services | None) -> None:
    """Make these the process's services, whatever is configured; None forgets them."""
    global _installed  # noqa: PLW0603
    _installed = services


def current() -> Services:
    """The process's services, made when first asked for. Where nobody configured any, as in an action server:
    ./endpoints.yml's."""
    if _installed is None:
        from bot.settings import Settings

        install(Services(Settings.load(Path.cwd()).services if _configured is None else _configured))
    assert _installed is not None  # noqa: S101
    return _installed


def service(kind: type[_Service]) -> _Service:
    """What an action calls: `bank = service(Bank)`."""
    return current().get(kind)


def load(name: str, module: str) -> type[Service]:
    """The class behind a dotted path. Raises ConfigError."""
    place, _, attribute = module.rpartition(".")
    try:
        found = getattr(importlib.import_module(place), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"endpoints.yml: services.{name}.module {module!r} cannot be loaded: {error}") from error
    if not (isinstance(found, type) and callable(getattr(found, "ping", None))):
        raise ConfigError(
            f"endpoints.yml: services.{name}.module {module!r} is not a service class with ping and close"
        )
    return found
