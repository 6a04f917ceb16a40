"""The human side: the API of the desk, where agents take over what the bot could not finish."""
