"""`xiaoer parse`: what the trained model understands of texts."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bot.cli.loading import add_model_option, load_engine

if TYPE_CHECKING:
    from bot.engine import Engine


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("parse", help="show what the bot understands of a text")
    parser.add_argument("text", help="the text, or - to read one text a line from standard input")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument("--language", default="", help="the conversation's language so far")
    add_model_option(parser)


def run(args: argparse.Namespace) -> int:
    return asyncio.run(_run(args))


async def _run(args: argparse.Namespace) -> int:
    engine = await load_engine(args)
    as_json = args.json or args.text == "-"
    for text in texts(args.text):
        result = await _understood(engine, text, args.language)
        print(json.dumps(result, ensure_ascii=False) if as_json else _plain(result), flush=True)
    return 0


def texts(argument: str) -> Iterator[str]:
    if argument != "-":
        yield argument
        return
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


async def _understood(engine: Engine, text: str, language: str) -> dict[str, Any]:
    parsed = await engine.parse(text, language=language)
    ranking = parsed.get("intent_ranking") or [parsed["intent"]]
    act = parsed.get("act") or {}
    return {
        "text": text,
        "intent": parsed["intent"].get("name"),
        "confidence": round(float(parsed["intent"].get("confidence") or 0.0), 4),
        "ranking": [
            {"intent": each.get("name"), "confidence": round(float(each.get("confidence") or 0.0), 4)}
            for each in ranking
            if each.get("name")
        ],
        "act": act.get("name"),
        "act_confidence": round(float(act.get("confidence") or 0.0), 4),
        "entities": parsed["entities"],
        "language": parsed.get("language") or "",
    }


def _plain(result: dict[str, Any]) -> str:
    said = f"  {result['act']} {result['act_confidence']:.2f}" if result["act"] else ""
    lines = [f"{result['intent']}  {result['confidence']:.2f}{said}  {result['language']}".rstrip()]
    lines += [f"  {each['confidence']:.2f}  {each['intent']}" for each in result["ranking"][1:4]]
    lines += [f"  {each['entity']} = {json.dumps(each['value'], ensure_ascii=False)}" for each in result["entities"]]
    return "\n".join(lines)
