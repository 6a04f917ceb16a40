"""Articles of the help centre as pages."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.gateway.help_pages import HelpPages

HEAD = "---\ntitle: Fees & <limits>\n"


async def client(folder: Path) -> TestClient[web.Request, web.Application]:
    app = web.Application()
    HelpPages(folder).add_routes(app)
    return TestClient(TestServer(app))


def write(project: Path, name: str, text: str) -> None:
    path = project / "data" / "help" / "en" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


async def test_an_article_is_a_page_without_markup_of_its_writers(tmp_path: Path) -> None:
    write(tmp_path, "fees", HEAD + "---\nFree, **always**. <script>alert(1)</script>\n\n## When\n- now\n")
    async with await client(tmp_path) as web_client, web_client.get("/help/en/fees") as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "<h1>Fees &amp; &lt;limits&gt;</h1>" in page
    assert "<strong>always</strong>" in page
    assert "<h2>When</h2>" in page
    assert "<script>" not in page


async def test_only_valid_articles_for_everyone_are_pages(tmp_path: Path) -> None:
    write(tmp_path, "inside", HEAD + "audience: signed_in\n---\ntext")
    write(tmp_path, "old", HEAD + "valid_until: 2020-01-01\n---\ntext")
    async with await client(tmp_path) as web_client:
        for name in ("inside", "old", "none", "..%2f..%2fdomain"):
            async with web_client.get(f"/help/en/{name}") as answer:
                assert answer.status == 404


async def test_a_project_without_articles_has_no_pages(tmp_path: Path) -> None:
    async with await client(tmp_path) as web_client, web_client.get("/help/en/fees") as answer:
        assert answer.status == 404
