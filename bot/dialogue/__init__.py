"""The dialogue: flows as a project declares them, what a person may do in the middle of any, and what was done.

`flows` are the nouns, `flow_files` reads them, `run` walks them one message at a time, `repairs` are what the framework
does between their steps, `state` is what a conversation keeps. A project adds `data/flows/*.yml`, its words, `Lookups`
(where values come from) and `Action`s (what is done).
"""
