"""The aiohttp app: sockets and webhooks, who may talk, serving the web pages."""
