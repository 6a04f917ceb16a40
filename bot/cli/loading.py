"""What `test`, `chat` and `parse` share: loading the project's model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.engine import quiet
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.engine import Engine


def add_model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, help="a model package (default: the pinned or newest in models/)")


async def load_engine(args: argparse.Namespace) -> Engine:
    quiet.hush()
    from bot.engine.engine import Engine
    from bot.engine.shelf import Shelf

    settings = Settings.load(args.project)
    path = args.model or Shelf(settings).newest()
    return await Engine.load(project=args.project, model=path, settings=settings)
