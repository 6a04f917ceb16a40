"""What the pages say is so: commands run, links lead somewhere, and names in tables are those of the code."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from pydantic import BaseModel
from pydantic.fields import PydanticUndefined

from bot import rasa_endpoints
from bot.cli import COMMANDS
from bot.desk.accounts import load_accounts
from bot.gateway import metrics
from bot.handoff.reasons import REASONS
from bot.settings import (
    DEMO,
    SECRETS,
    DeskSettings,
    GatewaySettings,
    HandoffSettings,
    ModelSettings,
    QueueSettings,
    ServiceSettings,
    _File,
)

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS]
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE, OPERATIONS, DESK, SETTINGS = (
    (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    for name in ("architecture", "operations", "desk", "reference/settings")
)
CODE = [path for room in ("bot", "actions") for path in sorted((ROOT / room).rglob("*.py"))]


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


def commands(text: str) -> list[list[str]]:
    """The words of each line in ```sh blocks, without what a comment or a pipe adds."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, flags=re.M | re.S)
    lines = "".join(blocks).splitlines()
    return [shlex.split(line, comments=True) for line in lines if shlex.split(line, comments=True)]


def rows(text: str) -> dict[str, list[str]]:
    """The cells of each table row that begins with a name in code, by that name."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]
    return {name.strip("`"): rest for names, *rest in cells for name in names.split(", ")}


# Links


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_link_leads_to_a_page_and_its_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path, _, heading = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name}: {target}"
        if heading:
            titles = re.findall(r"^#+ (.+)$", there.read_text("utf-8"), flags=re.M)
            assert heading in {anchor(title) for title in titles}, f"{page.name}: {target}"


def anchor(title: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_every_page_can_be_found_from_the_front() -> None:
    linked = set()
    for base, text in ((ROOT, README), (ROOT / "docs", ARCHITECTURE)):
        linked |= {(base / target.partition("#")[0]).resolve() for target in re.findall(r"\]\(([^)\s]+)\)", text)}
    folders = {path for path in linked if path.is_dir()}
    lost = [page for page in DOCS if page not in linked and page.parent not in folders]
    assert lost == []


# Commands


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text("utf-8"))}
    typed = {words[1] for words in commands(README) if words[0] == "make"}
    assert {"run", "test"} <= typed
    assert named | typed <= targets


def test_every_xiaoer_command_that_is_named_exists() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        named = set(re.findall(r"(?:`|bin/)xiaoer(?: --project \S+)? ([a-z]+)", text))
        assert named <= COMMANDS.keys(), page.name


SMALL = {"chat": ["hello\n/quit\n"], "test": ["", "tests/test_social.yml"]}
"""For commands that would take long or wait: what to type, and further arguments."""


@pytest.mark.slow
@pytest.mark.parametrize("words", [words for words in commands(README) if "xiaoer" in words[0]], ids=" ".join)
def test_every_xiaoer_command_in_the_readme_runs(words: list[str]) -> None:
    _, command, *arguments = words
    stdin, *more = SMALL.get(command, [""])
    done = xiaoer(command, *arguments, *more, stdin=stdin)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "Traceback" not in done.stderr


def test_every_command_has_its_help() -> None:
    for command in COMMANDS:
        done = xiaoer(command, "--help")
        assert done.returncode == 0
        shown = "rasa [" if command == "rasa" else f"xiaoer {command}"  # all that follows `rasa` is Rasa's own parser's
        assert done.stdout.startswith(f"usage: {shown}")


def xiaoer(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("XIAOER_")} | {"PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "bot", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, input=stdin, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_every_file_that_is_named_exists(page: Path) -> None:
    rooms = "bot|actions|tests|scripts|web|docs|sandbox|data|bench|chaos"
    for path in re.findall(rf"`((?:{rooms})/[\w./-]+)`", page.read_text("utf-8")):
        assert path.startswith("web/dist") or (ROOT / path).exists(), f"{page.name}: {path}"


# Settings


SECTIONS: dict[str, type[BaseModel]] = {
    "": _File,
    "services.<name>.": ServiceSettings,
    "handoff.queues[].": QueueSettings,
    "gateway.": GatewaySettings,
    "desk.": DeskSettings,
    "model.": ModelSettings,
}


def settings() -> Iterator[tuple[str, str]]:
    """Every setting of endpoints.yml and its default, as the page writes them."""
    for prefix, section in SECTIONS.items():
        for name, field in section.model_fields.items():
            nested = section is _File and name in ("services", "handoff", "gateway", "desk", "model")
            from_elsewhere = section is ServiceSettings and name in ("name", "key")
            if not (nested or from_elsewhere):
                yield prefix + name, shown(field.default)


def shown(default: Any) -> str:
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, tuple | str):
        return f"`{json.dumps(default)}`"  # as YAML has it, too
    return f"`{default!r}`"


def test_every_setting_stands_on_its_page_with_its_default_and_what_it_means() -> None:
    table = rows(SETTINGS.partition("## Environment")[0])
    assert table.keys() == dict(settings()).keys()
    for name, default in settings():
        assert table[name][0] == default, name
        assert len(table[name][1]) > 10, name
    assert HandoffSettings.model_fields.keys() == {"queues"}
    assert all(f"`{key}`" in SETTINGS for key in rasa_endpoints.KEYS)


def test_every_variable_stands_on_its_page() -> None:
    source = (ROOT / "bot" / "settings.py").read_text("utf-8")
    read = {*re.findall(r'env\.get\("([A-Z_]+)"\)', source), *SECRETS.values(), DEMO}
    of_services = {"XIAOER_<SERVICE>_KEY", "XIAOER_<SERVICE>_URL"}
    assert rows(SETTINGS.partition("## Environment")[2]).keys() == read | of_services


# Operations


def test_every_metric_is_explained_and_none_is_made_up() -> None:
    ours = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in REGISTRY.collect()
        if metric.name.startswith("xiaoer_")
    }
    assert metrics.ACCEPTED is not None
    assert ours == {name.partition("{")[0] for name in re.findall(r"`(xiaoer_[a-z_]+)", OPERATIONS)}


def test_every_log_event_is_explained_and_none_is_made_up() -> None:
    logged = re.compile(r'\blog\.(?:debug|info|warning|error|exception)\(\s*"([a-z_]+\.[a-z_]+)')
    events = {event for path in CODE for event in logged.findall(path.read_text("utf-8"))}
    table = rows(OPERATIONS.partition("## Logs")[2].partition("## The audit trail")[0])
    assert table.keys() == events


def test_every_event_of_the_audit_trail_is_explained_and_none_is_made_up() -> None:
    calls = [call for path in CODE for call in re.findall(r"record\(([^()]*)", path.read_text("utf-8"))]
    events = {event for call in calls for event in re.findall(r'"([a-z_]+\.[a-z_]+)"', call)}
    table = rows(OPERATIONS.partition("## The audit trail")[2].partition("## Models")[0])
    assert table.keys() == events


# The desk


def test_the_account_in_the_page_can_be_read(tmp_path: Path) -> None:
    (example, queues) = re.findall(r"^```yaml\n(.*?)^```$", DESK, flags=re.M | re.S)
    path = tmp_path / "desk-accounts.yml"
    path.touch(mode=0o600)
    path.write_text(example, "utf-8")
    account = load_accounts(path).get("lin")
    assert account is not None and account.capacity == 4
    HandoffSettings.model_validate(yaml.safe_load(queues)["handoff"])


def test_every_reason_has_its_priority() -> None:
    table = rows(DESK)
    assert {reason: int(table[reason][1]) for reason in REASONS} == dict(REASONS)


def test_every_key_of_the_desk_is_told() -> None:
    source = (ROOT / "web" / "src" / "desk" / "shortcuts.ts").read_text("utf-8")
    keys = re.findall(r"(?:^| )'?([a-z?])'?: (?:\(\) =>|acts\.)", source)
    assert len(keys) == 7
    assert {key.upper() for key in keys} | {"ESC"} == {key.upper() for key in rows(DESK.partition("## Keyboard")[2])}
