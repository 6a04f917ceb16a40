"""The built web pages (`web/dist`): the demo shop, the desk, the widget's script and their assets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import hdrs, web
from aiohttp.helpers import ETag
from aiohttp.typedefs import Handler

from bot.errors import ConfigError

log = structlog.get_logger(__name__)

_FOR_EVER = "public, max-age=31536000, immutable"
"""Of assets: their names carry a hash of what is in them."""
_WIDGET = "public, max-age=300"
_ASK_AGAIN = "no-cache"
_SHOP = "index.html"
_DESK = "desk/index.html"
_LIST = "files.json"
"""The names of what the build made for browsers. Nothing else in the folder is served."""
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_CODINGS = {"br": ".br", "gzip": ".gz"}
"""Content codings that the build made beside a file, best first, and how the names of those end."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One file in memory. `bodies` holds it by content coding; `identity` is the file as it is."""

    name: str
    bodies: Mapping[str, bytes]
    tags: Mapping[str, str]

    @property
    def content_type(self) -> str:
        return _TYPES[Path(self.name).suffix]

    @property
    def cache(self) -> str:
        if self.name.startswith("assets/"):
            return _FOR_EVER
        return _WIDGET if self.name == "widget.js" else _ASK_AGAIN


class Pages:
    """Serves what the build listed, as it was at start. Without `shop`, the demo shop is not."""

    def __init__(self, folder: Path, *, shop: bool) -> None:
        names = _listed(folder / _LIST)
        if not names:
            log.warning("pages.missing", folder=str(folder), fix="make pages")
        self._pages = {name: _read(folder, name) for name in names if shop or name != _SHOP}

    def page(self, name: str) -> Handler:
        async def show(request: web.Request) -> web.Response:
            page = self._pages.get(name)
            if page is None:
                raise web.HTTPNotFound
            return _answer(page, request)

        return show

    def add_routes(self, app: web.Application) -> None:
        """The pages by their own addresses, every other file by its path."""
        app.router.add_get("/", self.page(_SHOP))
        app.router.add_get("/desk/", self.page(_DESK))
        for name in self._pages:
            if not name.endswith(".html"):
                app.router.add_get(f"/{name}", self.page(name))


def _listed(path: Path) -> list[str]:
    if not path.is_file():
        return []
    return [str(name) for name in json.loads(path.read_text(encoding="utf-8"))]


def _read(folder: Path, name: str) -> Page:
    path = (folder / name).resolve()
    if Path(name).suffix not in _TYPES or not path.is_relative_to(folder.resolve()):
        known = ", ".join(_TYPES)
        raise ConfigError(f"{folder / _LIST}: '{name}' cannot be served; files inside the folder that end in: {known}")
    bodies = {"identity": path.read_bytes()}
    for coding, suffix in _CODINGS.items():
        pressed = path.with_name(path.name + suffix)
        if pressed.is_file():
            bodies[coding] = pressed.read_bytes()
    digest = hashlib.sha256(bodies["identity"]).hexdigest()[:24]
    tags = {coding: digest if coding == "identity" else f"{digest}-{coding}" for coding in bodies}
    return Page(name=name, bodies=bodies, tags=tags)


def _answer(page: Page, request: web.Request) -> web.Response:
    """Whole, whatever `Range` asks for: these are small, and a part of a compressed file helps nobody."""
    coding = _coding(request.headers.getall(hdrs.ACCEPT_ENCODING, []), page.bodies)
    tag = page.tags[coding]
    headers = {hdrs.CACHE_CONTROL: page.cache, hdrs.VARY: hdrs.ACCEPT_ENCODING, hdrs.ETAG: f'"{tag}"'}
    if _has(request.if_none_match, tag):
        return web.Response(status=304, headers=headers)
    headers[hdrs.CONTENT_TYPE] = page.content_type
    if coding != "identity":
        headers[hdrs.CONTENT_ENCODING] = coding
    return web.Response(body=page.bodies[coding], headers=headers)


def _has(asked: tuple[ETag, ...] | None, tag: str) -> bool:
    return any(each.value in (tag, "*") for each in asked or ())


def _coding(accepted: list[str], made: Mapping[str, bytes]) -> str:
    """The best of what was made that the client takes (RFC 9110, section 12.5.3); as it is where it takes none."""
    weights: dict[str, float] = {}
    for each in ",".join(accepted).split(","):
        name, _, parameter = each.partition(";")
        weights[name.strip().lower()] = _weight(parameter)
    weigh = {coding: weights.get(coding, weights.get("*", 0.0)) for coding in _CODINGS if coding in made}
    best = max(weigh, key=lambda coding: weigh[coding], default="identity")
    return best if weigh.get(best, 0.0) > 0 and weigh[best] >= weights.get("identity", 0.0) else "identity"


def _weight(parameter: str) -> float:
    """`q=0.5`. What is no number does not count as accepted."""
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
