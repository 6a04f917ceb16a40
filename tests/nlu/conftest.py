"""Property tests here hold what is said, not how long it takes on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("understanding", deadline=None)
settings.load_profile("understanding")
