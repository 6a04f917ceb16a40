"""`endpoints.yml` and the environment, checked once and frozen: a bad setting stops the process before it serves.

`endpoints.yml` stays Rasa's file: its own keys keep their meaning, or are refused by name (`bot/rasa_endpoints.py`);
ours stand beside them. Secrets come only from the environment, as `NAME` or as `NAME_FILE`, the path of a file
that nobody but its owner may read.
"""

from __future__ import annotations

import ipaddress
import itertools
import math
import os
import stat
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot import rasa_endpoints
from bot.errors import ConfigError
from bot.files import read_yaml

SECRETS = {
    "identity": "XIAOER_IDENTITY_SECRET",
    "signing_key": "XIAOER_SIGNING_KEY",
    "verify_key": "XIAOER_VERIFY_KEY",
    "audit": "XIAOER_AUDIT_KEY",
}
"""Each secret's environment variable: the host app's JWT key (HS256, 32 bytes or more); the Ed25519 private key (PEM)
that signs models, and the public one that checks them; what the audit trail is sealed with. A service's key is
`XIAOER_<SERVICE>_KEY`."""

DEMO = "XIAOER_DEMO"
"""Nobody's to set: who serves the demo lets anyone be any customer, and does so by `xiaoer demo` alone."""
IDENTITY_KEYS = 2
"""So many identity secrets may be good at once: the newest, and the one that it replaces."""
SECRET_BITS = 80
"""How hard to guess a shared secret has to be: 32 random hexadecimal digits have 88 to 128 by this measure."""

NonEmpty = Annotated[str, Field(min_length=1)]
Opening = Annotated[str, Field(pattern=r"^/[A-Za-z0-9_]+$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServiceSettings(_Section):
    """An account service: the client class, where it is, and how long we wait. `XIAOER_<NAME>_URL` overrides `url`."""

    name: str
    module: NonEmpty
    url: Annotated[str, Field(pattern=r"^https?://")]
    key: str = Field("", repr=False)
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 3.0


class QueueSettings(_Section):
    name: NonEmpty
    skills: tuple[str, ...] = ()
    service_level_s: Annotated[int, Field(gt=0)] = 120
    reasons: tuple[str, ...] = ()
    """Handover reasons that go here whatever the intent."""
    hours: Mapping[str, str] = {}
    """When people are there, in words by language: said to who comes when nobody is."""
    intents: tuple[str, ...] = ()
    """Intents that go here. The first queue that matches wins; the last queue takes the rest."""


class HandoffSettings(_Section):
    queues: Annotated[tuple[QueueSettings, ...], Field(min_length=1)] = (QueueSettings(name="general"),)


class GatewaySettings(_Section):
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, lt=65536)] = 8080
    """0 takes any free port, for tests."""
    allowed_origins: tuple[str, ...] = ()
    """Pages that may embed the widget, as `https://shop.example`. Our own pages always may."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose X-Forwarded-* headers are believed."""
    opening_payloads: tuple[Annotated[str, Field(pattern=r"^/[A-Za-z0-9_]+$")], ...] = (
        "/get_started",
        "/session_start",
    )
    """Payloads that a chat window may send unasked to open with; only before the customer has said anything."""
    max_text_chars: Annotated[int, Field(gt=0)] = 4000
    messages_per_minute: Annotated[int, Field(gt=0)] = 30
    """Per conversation; per address ten times as many."""
    answer_within_s: Annotated[float, Field(gt=0)] = 2.0
    """Work that could not be answered within this is refused with 503 and Retry-After."""
    max_sockets: Annotated[int, Field(gt=0)] = 20000
    """Chat sockets, Socket.IO sessions and long polls of one process."""
    sockets_per_address: Annotated[int, Field(gt=0)] = 1000
    connections_per_address: Annotated[int, Field(gt=0)] = 2000
    """Of one process; trusted proxies may have any number."""


class DeskSettings(_Section):
    accounts: str = "desk-accounts.yml"
    """Path of the accounts file, relative to the project. `XIAOER_DESK_ACCOUNTS` overrides it."""
    session_hours: Annotated[float, Field(gt=0, le=24)] = 10.0
    """The longest a sign-in lasts, whatever its person does."""
    idle_minutes: Annotated[float, Field(gt=0, le=720)] = 30.0
    """A sign-in ends when its person did nothing for so long."""


class ModelSettings(_Section):
    max_mb: Annotated[int, Field(gt=0)] = 2048
    """A larger package is refused before it is read."""
    keep: Annotated[int, Field(ge=0)] = 5
    """So many packages of ours stay in `models/`, beside what is pinned or in use; 0 keeps all."""


class _File(_Section):
    """endpoints.yml without Rasa's own keys."""

    redis: str = ""
    redis_wait_replicas: Annotated[int, Field(ge=0)] = 0
    site: NonEmpty = "main"
    services: tuple[ServiceSettings, ...] = ()
    handoff: HandoffSettings = HandoffSettings()
    gateway: GatewaySettings = GatewaySettings()
    desk: DeskSettings = DeskSettings()
    model: ModelSettings = ModelSettings()


class Settings(_Section):
    project: Path
    site: str
    redis_url: str
    redis_wait_replicas: int = 0
    """A message is acknowledged only when so many replicas have it; 0 waits for none. Not with redis+cluster://."""
    action_endpoint_url: str | None
    """A second server's webhook that runs the actions; None runs them in this process."""
    services: tuple[ServiceSettings, ...]
    handoff: HandoffSettings
    gateway: GatewaySettings
    desk: DeskSettings
    model: ModelSettings
    rasa: Mapping[str, Any] = Field(default_factory=dict)
    """Rasa's own keys of endpoints.yml, as they stand there."""
    demo: bool = False
    """True only under `xiaoer demo`: demo accounts, the demo shop and its phone exist."""
    secrets: Mapping[str, str] = Field(default_factory=dict, repr=False)
    """By the names of `SECRETS`; absent where not given."""

    @classmethod
    def load(cls, project: Path, env: Mapping[str, str] | None = None, *, demo: bool = False) -> Settings:
        """Read `<project>/endpoints.yml` and the environment. Raises ConfigError with every problem found. `demo` is
        for `xiaoer demo`, and then only this machine itself may be listened to."""
        env = os.environ if env is None else env
        problems = [f"{DEMO}: set; nothing is a demo but `xiaoer demo` (`make run`): unset it"] if env.get(DEMO) else []
        raw = _read(project / "endpoints.yml", env)
        raw.pop("version", None)
        rasa = {key: raw.pop(key) for key in rasa_endpoints.KEYS if key in raw}
        problems += rasa_endpoints.problems_in(rasa)
        raw["services"] = _services(raw.get("services"), env, problems)
        if env.get("PORT"):
            raw["gateway"] = {**(raw.get("gateway") or {}), "port": env["PORT"]}
        if env.get("XIAOER_DESK_ACCOUNTS"):
            raw["desk"] = {**(raw.get("desk") or {}), "accounts": env["XIAOER_DESK_ACCOUNTS"]}
        try:
            file = _File.model_validate(raw)
        except ValidationError as error:
            raise ConfigError(*problems, *map(_problem, error.errors())) from error
        secrets = {name: value for name, variable in SECRETS.items() if (value := _secret(variable, env, problems))}
        problems += [problem for name in ("identity", "audit") for problem in _weak(name, secrets.get(name))]
        redis_url = env.get("REDIS_URL") or file.redis
        if file.redis_wait_replicas and redis_url.startswith("redis+cluster:"):
            problems.append("endpoints.yml: redis_wait_replicas: not with redis+cluster://; leave it at 0 there")
        if demo:
            problems += _elsewhere(file, redis_url)
        if problems:
            raise ConfigError(*problems)
        return cls(
            project=project,
            site=file.site,
            redis_url=redis_url,
            redis_wait_replicas=file.redis_wait_replicas,
            action_endpoint_url=(rasa.get("action_endpoint") or {}).get("url"),
            services=file.services,
            handoff=file.handoff,
            gateway=file.gateway,
            desk=file.desk,
            model=file.model,
            rasa=rasa,
            demo=demo,
            secrets=secrets,
        )

    def require(self, *names: str) -> None:
        """Raise ConfigError unless each named secret (see `SECRETS`), `redis` and every service's key is there."""
        problems = [_missing(SECRETS[name]) for name in names if name != "redis" and name not in self.secrets]
        if "redis" in names and not self.redis_url:
            problems.append(
                "REDIS_URL: not set, and endpoints.yml has no `redis`; for example redis://127.0.0.1:6379/0"
            )
        problems += [
            f"XIAOER_{service.name.upper()}_KEY: not set; the account service '{service.name}' needs it"
            for service in self.services
            if not service.key
        ]
        if problems:
            raise ConfigError(*problems)

    @staticmethod
    def only_secret(name: str, env: Mapping[str, str] | None = None) -> str:
        """One secret for a command that needs nothing else. Raises ConfigError where it is missing."""
        problems: list[str] = []
        value = _secret(SECRETS[name], os.environ if env is None else env, problems)
        if not value:
            problems = problems or [_missing(SECRETS[name])]
        if problems:
            raise ConfigError(*problems)
        return value

    def secret(self, name: str) -> str:
        self.require(name)
        return self.secrets[name]

    @property
    def identity_secrets(self) -> tuple[str, ...]:
        """The keys that identity proofs may be signed with, newest first: one, or two while they are changed."""
        return tuple(self.secret("identity").split())


def _missing(variable: str) -> str:
    return f"{variable}: not set; give it, or {variable}_FILE with the path of a file of mode 0600"


def _read(path: Path, env: Mapping[str, str]) -> dict[str, Any]:
    if not path.exists():
        return {}
    raw = read_yaml(path, env=env)
    if raw is not None and not isinstance(raw, dict):
        raise ConfigError(f"{path.name}: expected keys and values, found {type(raw).__name__}")
    return raw or {}


def _services(raw: Any, env: Mapping[str, str], problems: list[str]) -> list[dict[str, Any]]:
    if raw is None:
        return []
    if not isinstance(raw, dict) or not all(isinstance(each, dict) for each in raw.values()):
        problems.append("endpoints.yml: services: expected `name: {module: ..., url: ...}`")
        return []
    services = []
    for name, options in raw.items():
        variable = f"XIAOER_{name.upper()}"
        url = env.get(f"{variable}_URL") or options.get("url", "")
        services.append({**options, "name": name, "url": url, "key": _secret(f"{variable}_KEY", env, problems)})
    return services


def _secret(variable: str, env: Mapping[str, str], problems: list[str]) -> str:
    if env.get(variable):
        return env[variable]
    if not env.get(f"{variable}_FILE"):
        return ""
    path = Path(env[f"{variable}_FILE"])
    try:
        mode = path.stat().st_mode
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        problems.append(f"{variable}_FILE: cannot read {path}: {error.strerror}")
        return ""
    if for_others(mode):
        problems.append(f"{variable}_FILE: {path} may be read by others; chmod 600 it")
    return value


def for_others(mode: int) -> bool:
    """Whether a file of this mode may be read, written or run by anyone but its owner."""
    return bool(mode & (stat.S_IRWXG | stat.S_IRWXO))


def is_here(url: str) -> bool:
    """Whether an address is this machine's own."""
    return url.startswith("unix:") or _is_loopback(urlsplit(url).hostname or "")


def _elsewhere(file: _File, redis_url: str) -> list[str]:
    """What of the demo, which lets anyone be any customer, would not be on this machine alone."""
    reached = {f"endpoints.yml: services: {each.name}": each.url for each in file.services} | {"REDIS_URL": redis_url}
    problems = [
        f"{place}: not on this machine, and the demo stays on it" for place, url in reached.items() if not is_here(url)
    ]
    if not _is_loopback(file.gateway.host):
        problems.append(
            f"endpoints.yml: gateway.host: {file.gateway.host} is on a network, and the demo is not: 127.0.0.1"
        )
    return problems


def _is_loopback(host: str) -> bool:
    """False for a name other than localhost: it may mean any address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _weak(name: str, secret: str | None) -> list[str]:
    """The identity secret may be two, a line each."""
    variable, fix = SECRETS[name], "make one with `openssl rand -hex 32`"
    if secret is None:
        return []
    secrets = secret.split() if name == "identity" else [secret]
    if len(secrets) > IDENTITY_KEYS:
        return [f"{variable}: {len(secrets)} keys; at most {IDENTITY_KEYS}, one a line, the newest first"]
    if any(len(each) < 32 for each in secrets):
        return [f"{variable}: shorter than 32 characters; {fix}"]
    weak = any(_bits(each) < SECRET_BITS for each in secrets)
    return [f"{variable}: too regular, it can be guessed; {fix}"] if weak else []


def _bits(secret: str) -> float:
    """At most so many bits of chance are in a text: none where it repeats itself or counts, else what its letters'
    frequencies allow (Shannon 1948), were each drawn by itself."""
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(secret)}
    if secret in (secret + secret)[1:-1] or len(steps) == 1:
        return 0.0
    length = len(secret)
    return -sum(many * math.log2(many / length) for many in Counter(secret).values())


def _problem(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"endpoints.yml: {place} is not a setting"
    if error["type"] == "missing":
        return f"endpoints.yml: {place} is missing"
    return f"endpoints.yml: {place}: {error['msg']} (found {error['input']!r})"
