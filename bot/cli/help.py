"""`xiaoer help ask`: which articles answer a question; `xiaoer help check`: what is wrong with them."""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.cli.loading import add_model_option, load_engine
from bot.cli.parse import texts
from bot.engine.project import domain_path
from bot.errors import ConfigError
from bot.files import read_yaml
from bot.help import check
from bot.help.articles import FOLDER, plain, read_all

if TYPE_CHECKING:
    from bot.engine import Engine


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("help", help="ask the help centre, and check its articles")
    commands = parser.add_subparsers(dest="help_command", metavar="WHAT", required=True)
    ask = commands.add_parser("ask", help="which articles answer a question")
    ask.add_argument("text", nargs="?", default="-", help="the question, or - to read one a line from standard input")
    ask.add_argument("--json", action="store_true", help="one JSON object a line")
    ask.add_argument("--language", default="", help="where a question does not say it")
    add_model_option(ask)
    commands.add_parser("check", help="articles that are alike, contradict the settings, or name what is not there")


def run(args: argparse.Namespace) -> int:
    return asyncio.run(_ask(args)) if args.help_command == "ask" else _check(args)


async def _ask(args: argparse.Namespace) -> int:
    engine = await load_engine(args)
    for text in texts(args.text):
        answer = await _answer(engine, text, args.language)
        print(json.dumps(answer, ensure_ascii=False) if args.json or args.text == "-" else _plain(answer), flush=True)
    return 0


async def _answer(engine: Engine, text: str, language: str) -> dict[str, Any]:
    found = (await engine.parse(text, language=language, help=True)).get("help") or {"answered": False, "articles": []}
    articles = [
        {"id": each["id"], "title": each["title"], "score": round(each["score"], 4), "language": each["language"]}
        for each in found["articles"]
    ]
    passage = plain(found["articles"][0]["passage"]) if found["answered"] else ""
    return {"text": text, "articles": articles, "answered": found["answered"], "passage": passage}


def _plain(answer: dict[str, Any]) -> str:
    lines = [f"{each['score']:.2f}  {each['title']}  ({each['language']}/{each['id']})" for each in answer["articles"]]
    said = answer["passage"] if answer["answered"] else "No article answers this surely enough."
    return "\n".join([*lines, "", said, ""])


def _check(args: argparse.Namespace) -> int:
    folder = args.project / "data" / FOLDER
    if not folder.is_dir():
        raise ConfigError(f"data/{FOLDER}: missing; articles are data/{FOLDER}/<language>/<id>.md")
    articles = read_all(folder)
    problems = check.problems_in(
        articles,
        check.facts_of(folder / "facts.yml"),
        intents=_intents(domain_path(args.project)),
        today=datetime.now(UTC).date(),
    )
    print("\n".join(problems) if problems else f"{len(articles)} articles, nothing to say against them")
    return 1 if problems else 0


def _intents(path: Path) -> set[str]:
    files = [path] if path.is_file() else sorted(path.rglob("*.y*ml"))
    found = [read_yaml(each) or {} for each in files]
    intents = [intent for domain in found for intent in domain.get("intents") or ()]
    return {next(iter(each)) if isinstance(each, dict) else str(each) for each in intents}
