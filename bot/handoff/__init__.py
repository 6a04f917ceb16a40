"""What is handed over, to which queue, and its life from offered to wrapped up.

reasons.py    why a person takes over, and how urgent that is
routing.py    which queue
texts.py      every word of this room, in English and Chinese
summary.py    a short plain text for the person who takes over
build.py      the Handoff: everything the bot knew
estimate.py   how long the customer will wait, or that nobody knows
life.py       Handoffs: offered, accepted, talked, given back or closed
"""
