"""A stand-in bank: a real HTTP account service on one SQLite file, with seeded customers.

docs/reference/sandbox.md says what it can do.
"""
