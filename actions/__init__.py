"""What the bot can do, one file per business area; docs/reference/dialogue.md tells how it is put together."""
