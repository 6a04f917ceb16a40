"""Rasa inside this process: load a trained model, run one turn, swap models, share conversations between workers.

Importing this package is what lets Rasa be imported without TensorFlow (see `tensorflow_free`). It imports nothing
else: the names below are loaded when first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from bot.engine import tensorflow_free

tensorflow_free.activate()

if TYPE_CHECKING:
    from bot.engine.engine import Engine as Engine
    from bot.engine.engine import TurnResult as TurnResult

_WHERE = {"Engine": "engine", "TurnResult": "engine", "Worker": "worker", "Models": "models"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'bot.engine' has no attribute {name!r}")
    return getattr(importlib.import_module(f"bot.engine.{_WHERE[name]}"), name)
