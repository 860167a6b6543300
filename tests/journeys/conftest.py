"""A real server and a real browser. Where no Chromium is installed the journeys skip and say so."""

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine
from waitress import create_server

from app import create_app
from config import Settings
from workflows.accounts import DEMO_PASSWORD

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def _run(server: Any) -> None:
    """Until it is closed, which the loop may notice in the middle of waiting for its sockets."""
    with contextlib.suppress(OSError):
        server.run()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Engine], str]]:
    """Serve a database on a free port of this machine; gives the address."""
    running = []

    def _serve(engine: Engine) -> str:
        settings = Settings(
            environment="demo", data_dir=tmp_path, secret_key="journey", mail_backend="locmem", hold_minutes=30
        )
        server = create_server(create_app(settings, database_engine=engine), host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=_run, args=(server,), daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.effective_port}"

    yield _serve
    for server, thread in running:
        server.close()
        thread.join(timeout=5)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page in a context of its own, signed in where an address is given; errors of its scripts fail the test."""
    contexts = []
    faults: list[str] = []

    def _open(base: str, email: str = "", *, language: str = "zh", width: int = 1366, height: int = 768) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, base_url=base)
        context.set_default_timeout(30_000)
        context.add_cookies([{"name": "lang", "value": language, "url": base}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on(
            "console",
            lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None,
        )
        if email:
            page.goto("/sign-in")
            page.fill("#email", email)
            page.fill("#password", DEMO_PASSWORD)
            with page.expect_navigation():
                page.click("main button[type=submit]")
        return page

    yield _open
    for context in contexts:
        context.close()
    assert faults == []
