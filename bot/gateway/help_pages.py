"""`/help/<language>/<id>`: the help centre's articles as plain pages, for whoever follows a link from the chat."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path

from aiohttp import web
from markdown_it import MarkdownIt

from bot.help.articles import FOLDER, Article, read_all

_CACHE = "public, max-age=300"


class HelpPages:
    """Articles for everyone that are valid today. They are read once: a new article comes with the next start."""

    def __init__(self, project: Path) -> None:
        folder = project / "data" / FOLDER
        articles = read_all(folder) if folder.is_dir() else []
        self._articles = {(each.language, each.id): each for each in articles if each.audience == "everyone"}
        self._markdown = MarkdownIt("commonmark", {"html": False})

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/help/{language}/{id}", self._show)

    async def _show(self, request: web.Request) -> web.Response:
        article = self._articles.get((request.match_info["language"], request.match_info["id"]))
        if article is None or not article.valid_on(datetime.now(UTC).date()):
            raise web.HTTPNotFound
        headers = {"Cache-Control": _CACHE}
        return web.Response(text=self._page(article), content_type="text/html", charset="utf-8", headers=headers)

    def _page(self, article: Article) -> str:
        parts = [f"<h1>{escape(article.title)}</h1>"]
        heading = ""
        for passage in article.passages:
            if passage.heading != heading:
                heading = passage.heading
                parts.append(f"<h2>{escape(heading)}</h2>")
            parts.append(self._markdown.render(passage.text))
        return (
            f'<!doctype html><html lang="{escape(article.language)}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<title>{escape(article.title)}</title><link rel="stylesheet" href="/help.css"></head>'
            f"<body><main>{''.join(parts)}</main></body></html>"
        )
