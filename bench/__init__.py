"""Measurements: `make bench` (serving) and `make bench-nlu` (understanding)."""
