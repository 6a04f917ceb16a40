"""The service brain: it foresees the rush, says how many people it takes, and decides who takes each contact.

floor.py      nouns: Contact, Person, Floor, Assignment, Slot, Intake
forecast/     how many will come, from how many came
staffing/     people needed, with measured patience
assignment/   plug-ins: who takes which waiting contact
intake/       plug-ins: the line now, or a call back later
callbacks/    promises placed into valleys
simulator/    the same policies over a call log

Deciding parts are pure: they import nouns and numpy only, and time is an argument.
"""
