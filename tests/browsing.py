"""A real Chromium for the tests of pages: readers without JavaScript, who use the keyboard only."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask

from conftest import require_program
from observance.core import Settings
from observance.web import close, create_app
from observance.web.server import open_socket, run_server

# It must look for nothing on the network, and as root it has no sandbox.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# A picture of duties has a square for each.
MOST_KEYS = 120


@pytest.fixture(scope="module")
def chromium() -> Iterator:
    """A Chromium."""
    path = require_program("chromium", package="chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address at which the application is served."""
    listening = open_socket("127.0.0.1", 0)
    threading.Thread(target=run_server, args=(app, listening), daemon=True).start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """A service over the demo register, without accounts."""
    app = create_app(Settings(workers=1))
    with serving(app) as address:
        yield address
    close(app)


@pytest.fixture(params=["fr", "en"])
def lang(request) -> str:
    """Each language of the pages."""
    return request.param


@contextmanager
def reader(chromium, home: str, lang: str, *, is_scripted: bool = False, has_policy: bool = True) -> Iterator:
    """What opens pages for a reader of the language, who has no JavaScript unless `is_scripted`.

    What the browser complains about is a failure at the end. Without the policy of the pages, a test can run its own script in them.
    """
    context = chromium.new_context(
        base_url=home, locale=lang, java_script_enabled=is_scripted, viewport={"width": 1280, "height": 900}, bypass_csp=not has_policy
    )
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text))
    context.on("request", lambda request: complaints.append(request.url) if not request.url.startswith(home) else None)
    yield context.new_page
    context.close()
    complaints = [text for text in complaints if "status of 4" not in text]
    assert complaints == [], complaints


def press_until(page, *, name: str = "", text: str = "", value: str = "", most: int = MOST_KEYS) -> None:
    """Press Tab, so often at the most, until the control of that name, or the link or button of that text or value, has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and (
            (name and focused.get_attribute("name") == name)
            or (text and focused.inner_text() == text)
            or (value and focused.get_attribute("value") == value)
        ):
            return
    pytest.fail(f"no way by keyboard to {name or text or value}")


def follow(page, control) -> None:
    """Click on the link or button and wait for the page that it leads to."""
    with page.expect_navigation():
        control.click()


def enter(page) -> None:
    """Press Enter and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")
