"""A component that imports TensorFlow itself."""

import tensorflow  # noqa: F401
from rasa.engine.graph import GraphComponent


class Direct(GraphComponent):
    pass
