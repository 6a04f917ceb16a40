from tests.dialogue.conftest import engine, model, seeded_file, settings

__all__ = ["engine", "model", "seeded_file", "settings"]
