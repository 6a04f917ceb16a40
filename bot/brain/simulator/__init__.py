"""What would another policy have done with these customers and these people?

tables.py     call logs, staff and forecasts from CSV
customers.py  each customer as drawn from a log: patience, handle time, whether they take a call and answer it
floor.py      discrete events; the policies decide as they do in service
figures.py    what came of it, by class, and the paired differences between policies
study.py      from tables to figures
"""
