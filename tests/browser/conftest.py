"""One Chromium for the browser tests, Debian's, drawing maps in software; no outside host is reached."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


# for this folder only: while Playwright's synchronous interface is open, no other event loop can run in the thread
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser; a test opens contexts of its own and closes them."""
    assert CHROMIUM.exists(), "Debian's Chromium is missing; make test installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield browser
        browser.close()
