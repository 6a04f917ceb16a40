"""Xiaoer: conversational self-service on Rasa, spaCy, aiohttp and Redis."""
