"""How many people it takes.

patience.py   for how long customers wait, from waits that mostly ended with an answer
erlang.py     the line in its steady state (M/M/n+G; Erlang A for exponential patience)
people.py     the fewest people that reach a target
"""
