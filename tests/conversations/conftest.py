from tests.dialogue.conftest import engine, model, settings

__all__ = ["engine", "model", "settings"]
