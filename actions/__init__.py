"""What the bot can do, one file per business area (docs/reference/dialogue.md). The bank is asked through `actions.services`."""
