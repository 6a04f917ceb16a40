"""A component that needs TensorFlow because what it extends does."""

from rasa.nlu.classifiers.diet_classifier import DIETClassifier


class Subclass(DIETClassifier):
    pass
