"""An operator reads a rule in words, changes it with a reason, and has it tried on history, in a real browser."""

import pytest
from sqlalchemy import text

from alerts.trial import run_waiting

pytestmark = [pytest.mark.browser, pytest.mark.database]


@pytest.fixture
def page(browser, serving, loaded):
    """The page of rules; versions and trials of the test go again."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    path, _, token = serving.links.office.partition("?")
    page.goto(f"{serving.url}{path}?{token}")
    page.goto(f"{serving.url}/office/rules")
    page.wait_for_selector(".ag-row")
    yield page
    context.close()
    with loaded.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM alerting.rule_version"))
        connection.execute(text("DELETE FROM alerting.rule_trial"))


def test_a_rule_is_read_changed_and_tried(page, loaded):
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)

    page.get_by_text("矛盾纠纷聚集", exact=True).first.click()
    page.wait_for_selector(".rules-levels")
    assert "同一小区 24小时内的事件（治安稳定、社情民意）" in page.inner_text(".rules-words")

    text_box = page.locator("#rules-text")
    text_box.fill(text_box.input_value().replace("at_least: 6", "at_least: 7"))
    page.locator("#rules-why").fill("试算后每周预警太多")
    page.locator("#rules-save").click()
    page.wait_for_selector("text=已保存为第 1 版")
    assert "不少于 7 件" in page.inner_text(".rules-levels")
    assert "试算后每周预警太多" in page.inner_text("#rules-history")

    page.locator("#rules-try").click()
    page.wait_for_selector("text=正在试算")
    assert run_waiting(loaded.database.owner, loaded.district) == 1
    page.wait_for_selector(".rules-figures")
    assert page.locator(".rules-bars > div").count() in (26, 27)
    assert not faults


def test_what_is_no_rule_is_said_in_a_sentence_and_not_kept(page, loaded):
    page.get_by_text("矛盾纠纷聚集", exact=True).first.click()
    page.wait_for_selector(".rules-levels")
    page.locator("#rules-text").fill("kind: nothing")
    page.locator("#rules-why").fill("试")
    page.locator("#rules-save").click()

    page.wait_for_selector("text=不是规则")
    with loaded.database.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alerting.rule_version")) == 0
