"""Understanding: Rasa graph components, each usable alone by its module path."""
