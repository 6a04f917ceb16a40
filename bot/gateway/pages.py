"""The built web pages (`web/dist`): the demo shop, the desk, the widget's script and their assets."""

from __future__ import annotations

from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

log = structlog.get_logger(__name__)

_FOR_EVER = "public, max-age=31536000, immutable"
"""Of assets: their names carry a hash of what is in them."""
_WIDGET = "public, max-age=300"
_ASK_AGAIN = "no-cache"
_SHOP = "index.html"
_DESK = "desk/index.html"


class Pages:
    """Serves exactly the files that are there at start. Without `shop`, the demo shop is not."""

    def __init__(self, folder: Path, *, shop: bool) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
        }
        if not self._files:
            log.warning("pages.missing", folder=str(folder), fix="make pages")
        if not shop:
            self._files.pop(_SHOP, None)

    def page(self, name: str) -> Handler:
        async def show(request: web.Request) -> web.StreamResponse:
            return self._show(name)

        return show

    def add_routes(self, app: web.Application) -> None:
        """The pages by their own addresses, every other file by its path."""
        app.router.add_get("/", self.page(_SHOP))
        app.router.add_get("/desk/", self.page(_DESK))
        for name in self._files:
            if not name.endswith(".html"):
                app.router.add_get(f"/{name}", self.page(name))

    def _show(self, name: str) -> web.StreamResponse:
        path = self._files.get(name)
        if path is None:
            raise web.HTTPNotFound
        cache = _FOR_EVER if name.startswith("assets/") else _WIDGET if name == "widget.js" else _ASK_AGAIN
        return web.FileResponse(path, headers={"Cache-Control": cache})
