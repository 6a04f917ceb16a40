"""The help centre: articles, what in them answers a question, and whether anything does."""
