"""History to forecast, one day ahead, beside what simpler rules would have said.

counts.py     a file of counts per interval, as days by slots
ladder.py     the rungs: the same weekday last week, the mean of eight, that mean at the last ten days' level
backtest.py   rolling origin: weights from recent errors, measured bands, the rest of the day from its beginning
"""
