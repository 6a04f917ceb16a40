"""`python -m chaos`: simulated customers against the real service while its parts are killed, paused and restarted.

The promises of `docs/reliability.md` are checked from outside only: by what customers were told over the wire, and by
the bank's own books through its API.
"""
