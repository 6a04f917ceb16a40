"""`make bench`: what serving costs, ours beside stock Rasa 3.6.21 in one run.

`docs/benchmarks/serving.md` is its output. Servers, load generator, Redis and bank are processes of their own, all on
the loopback, all ended at the end.
"""
