"""A leader opens the link, sees the months, reads one on screen and takes it along as PDF."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.database]


def test_a_leader_reads_and_downloads_the_newest_report(browser, serving):
    context = browser.new_context(viewport={"width": 1024, "height": 1366}, locale="zh-CN", accept_downloads=True)
    page = context.new_page()
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if serving.url not in request.url else None)
    try:
        page.goto(serving.url + serving.links.reports)

        assert "token" not in page.url
        assert "月度图报" in page.inner_text("h1")
        newest = page.locator("li").first
        with page.expect_download() as told:
            newest.get_by_text("下载 PDF").click()
        content = told.value.path().read_bytes()
        assert content.startswith(b"%PDF-")
        assert told.value.suggested_filename.endswith(".pdf")

        newest.locator("a.month").click()
        assert page.locator("section.page").count() == 3
        assert page.locator(".map svg").first.bounding_box()["width"] > 600
        assert not outside
    finally:
        context.close()


def test_every_link_on_the_shelf_is_large_enough_for_a_finger(browser, serving):
    context = browser.new_context(viewport={"width": 768, "height": 1024}, locale="zh-CN")
    page = context.new_page()
    try:
        page.goto(serving.url + serving.links.reports)
        heights = page.eval_on_selector_all("main a", "links => links.map(link => link.getBoundingClientRect().height)")
        assert len(heights) > 9
        assert min(heights) >= 48
    finally:
        context.close()
