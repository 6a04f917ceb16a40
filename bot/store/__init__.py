"""The only room that speaks Redis.

    sending.py         lets a command be cancelled on Python 3.11
    connect.py         a client for standalone, Sentinel or Cluster, from one URL
    keys.py            every key, with its time to live or the reason it has none
    script.py          how a Lua script is run
    nouns.py           what goes in and out of a conversation: Conversation, Lease, Work, TurnCommit ...
    codec.py           those nouns as the bytes Redis keeps
    lua.py             the Lua of one conversation; lua_parts.py what its scripts share
    conversations.py   Conversations: logs, turns, leases, commits
    trackers.py        tracker events that no turn of ours brings
    due.py             which conversations have work left: the hints a sweep follows after a crash
    wake.py            wake-ups: one subscribed connection for all listeners of a process
    settle.py          what comes after a turn: the archive is told, the hint cleared
    floor.py           Floor: queues, handoffs, agents; floor_lua.py its scripts, floor_view.py how it looks
    sessions.py        who is signed in at the desk
    mend.py            what cannot be read is dropped or rebuilt; judge.py decides what that is
    probe.py           whether Redis takes what we write
    limits.py          Limiter: token buckets
    audit.py           Audit: who did what; audit_chain.py what holds its lines together

Every state change is one Lua script whose keys share one hash tag, so everything runs on Redis Cluster; only commands
of Redis 6.2 are used. A script may be sent twice (a connection broke after it ran): each is written so that the second
run changes nothing and answers the same.
"""
