from tests.dialogue.conftest import model, settings

__all__ = ["model", "settings"]
