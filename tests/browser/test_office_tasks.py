"""An operator's tasks in the office, each from beginning to end in a real browser: what is done, said and undone."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from dashboard.exchange.gate import TRUST_S
from dashboard.exchange.register import register_given
from tests.loaded import Loaded, Serving

pytestmark = [pytest.mark.browser, pytest.mark.database]

#: two busy cores; what is asserted is never a time [ms]
PATIENCE_MS = 25_000
PASSWORD = "never said to anybody"


@pytest.fixture(scope="module")
def office(browser, serving: Serving) -> Iterator[Page]:
    """The office, signed in once as an operator; a fault in the browser's console fails the module."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN", accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    path, _, token = serving.links.office.partition("?")
    page.goto(f"{serving.url}{path}?{token}")
    yield page
    context.close()
    expect.set_options(timeout=5_000)
    assert not faults


def opened(page: Page, serving: Serving, slug: str) -> None:
    page.goto(f"{serving.url}/office/{slug}")
    page.wait_for_selector(".ag-root")


def said(page: Page, words: str) -> None:
    """Wait for the sentence that answers a button."""
    expect(page.locator(".mantine-Notification-root", has_text=words).first).to_be_visible()


def choose(page: Page, select: str, option: str) -> None:
    """Choose in a field of Mantine's."""
    page.locator(select).click()
    page.get_by_role("option", name=option, exact=True).click()


def cell(page: Page, grid: str, words: str):
    """A row of a table, by words in it."""
    return page.locator(f"#{grid} .ag-row", has_text=words).first


@contextmanager
def gone_afterwards(loaded: Loaded, *statements: str) -> Iterator[None]:
    try:
        yield
    finally:
        with loaded.database.owner.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))


def test_a_file_is_previewed_loaded_and_undone(office: Page, serving: Serving, loaded: Loaded):
    opened(office, serving, "batches")
    # the newest batch stands beside the ledger as the page comes
    expect(office.locator("#batches-chosen h2")).to_contain_text("批次")
    before = loaded.result("aliases").read
    owner = (loaded.folder / "aliases.csv").read_text(encoding="utf-8-sig").splitlines()[1].partition(",")[0]

    office.locator("#batches-preview").click()
    said(office, "请选择数据和文件")
    choose(office, "#batches-feed", "别名")
    office.locator("#batches-file input[type=file]").set_input_files(
        {
            "name": "新别名.csv",
            "mimeType": "text/csv",
            "buffer": f"对象编号,别名,关系\n{owner},望山新苑,别名\n".encode(),
        }
    )
    expect(office.locator("#batches-file-name")).to_have_text("新别名.csv")
    office.locator("#batches-preview").click()
    expect(office.locator("#batches-previewed")).to_contain_text("未写入任何数据")
    office.locator("#batches-load").click()
    said(office, "写入 1 条")
    # what was loaded is chosen
    expect(office.locator("#batches-chosen")).to_contain_text("新别名.csv")
    expect(office.locator("#batches-chosen")).to_contain_text("可以撤销")
    office.locator("#batches-undo").click()
    said(office, "（别名）已撤销")

    expect(office.locator("#batches-rows .ag-row.batches-undone")).to_have_count(1)
    expect(office.locator("#batches-undo")).to_be_disabled()
    with loaded.database.owner.connect() as connection:
        assert before
        assert connection.scalar(text("SELECT count(*) FROM base.place_alias WHERE alias = '望山新苑'")) == 0


def test_a_sheet_is_downloaded_mended_and_handed_in(office: Page, serving: Serving):
    opened(office, serving, "quarantine")
    # the feed with most rows is chosen, and what is wrong is marked
    expect(office.locator(".quarantine-fault").first).to_be_visible()
    cell(office, "quarantine-reasons", "“事件大类”不是允许的取值").click()
    expect(office.locator("#quarantine-head")).to_contain_text("不是允许的取值")
    with office.expect_download() as told:
        office.locator("#quarantine-xlsx").click()
    assert told.value.suggested_filename.endswith(".xlsx")
    sheet = pd.read_excel(told.value.path(), dtype=str, keep_default_na=False, engine="openpyxl")
    # rows that are wrong in nothing but their category
    only = sheet[(sheet == "“事件大类”不是允许的取值").any(axis=1)].head(1)
    assert len(only) == 1
    only = only.assign(事件大类="城市管理")
    mended = io.BytesIO()
    only.to_excel(mended, index=False)
    office.locator("#quarantine-sheet input[type=file]").set_input_files(
        {"name": "更正.xlsx", "mimeType": "application/octet-stream", "buffer": mended.getvalue()}
    )

    said(office, "1 条已入库并移出隔离区")


def test_headings_nobody_knows_are_suggested_for_and_saved(office: Page, serving: Serving, loaded: Loaded):
    lines = (
        "流水号,问题归类,问题说明,在哪,登记时刻,进展",
        "K1,城市管理,水面有蓝藻,玉兰小苑3幢,2026-03-01 08:00:00,办好了",
    )
    with gone_afterwards(loaded, "DELETE FROM support.heading_mapping WHERE source = '陌生表头.csv'"):
        opened(office, serving, "mapping")
        expect(office.locator("#mapping-head")).to_contain_text("打开一份样本文件")
        office.locator("#mapping-file input[type=file]").set_input_files(
            {"name": "陌生表头.csv", "mimeType": "text/csv", "buffer": "".join(f"{line}\n" for line in lines).encode()}
        )
        said(office, "已列入待匹配")
        # it is chosen, with a suggestion for what is likely
        expect(office.locator("#mapping-head")).to_contain_text("陌生表头.csv → 事件")
        row = cell(office, "mapping-columns", "上报时间")
        expect(row).to_contain_text("登记时刻")
        for column, heading in {"事件编号": "流水号", "事件大类": "问题归类"}.items():
            expect(cell(office, "mapping-columns", column)).to_contain_text(heading)
        # a source is needed and no heading has it: refused in a sentence, then given as a value for all rows
        source = cell(office, "mapping-columns", "事件来源")
        source.locator("[col-id=default]").click()
        office.keyboard.type("12345热线")
        office.keyboard.press("Enter")
        office.locator("#mapping-save").click()
        said(office, "映射已保存")

        expect(office.locator("#mapping-facts")).to_contain_text("待匹配 0，已保存 1")
        expect(cell(office, "mapping-rows", "陌生表头.csv")).to_contain_text("已保存")


PAIR = """
INSERT INTO base.same_person (subdistrict_code, resident_id, other_id, score, evidence, status)
SELECT :code, min(id), max(id), 0.9, '{"name": "same", "birth": "same", "dwelling": "different"}', 'waiting'
  FROM (SELECT id FROM base.resident WHERE subdistrict_code = :code ORDER BY id LIMIT 2) AS two"""


def test_a_pair_is_merged_by_a_key_and_taken_back_by_another(office: Page, serving: Serving, loaded: Loaded):
    with loaded.database.owner.begin() as connection:
        connection.execute(text(PAIR), {"code": loaded.district.code})
    with gone_afterwards(loaded, "DELETE FROM base.same_person"):
        opened(office, serving, "same-person")
        expect(office.locator(".same-person-score")).to_contain_text("0.90")
        expect(office.locator(".same-person-chosen")).to_contain_text("不一致：住址")
        office.keyboard.press("1")
        said(office, "合并")
        expect(office.locator("#same-person-facts")).to_contain_text("待定 0 对，已合并 1 对")
        expect(office.locator(".same-person-chosen")).to_contain_text("没有待定的记录")
        office.keyboard.press("z")
        expect(office.locator("#same-person-facts")).to_contain_text("待定 1 对，已合并 0 对")


def test_a_consumer_is_made_gets_a_key_that_works_and_is_suspended(office: Page, serving: Serving, loaded: Loaded):
    name, purpose, contact, basis = (f"#consumers-new-{field}" for field in ("name", "purpose", "contact", "basis"))
    forget = (
        "DELETE FROM access.usage WHERE consumer_id IN (SELECT id FROM access.consumer WHERE name = '城运平台')",
        "DELETE FROM access.consumer_window WHERE consumer_id IN (SELECT id FROM access.consumer WHERE name = '城运平台')",
    )
    with gone_afterwards(loaded, *forget):
        register_given(loaded.database, now=datetime.now(UTC))
        opened(office, serving, "interfaces")
        # the graph leads from sources to pages, every node with its name
        graph = office.locator("#interfaces-graph")
        expect(graph).to_contain_text("模拟上报（示意）")
        expect(graph).to_contain_text("本平台页面")
        expect(office.locator("#interfaces-chosen h2")).to_be_visible()

        opened(office, serving, "interfaces?view=consumers")
        expect(office.locator("#consumers-key")).to_be_hidden()
        for field, value in {
            name: "城运平台",
            purpose: "事件流转",
            contact: "区城运中心",
            basis: "数据共享协议",
        }.items():
            office.locator(field).fill(value)
        choose(office, "#consumers-new-resources", "事件")
        office.keyboard.press("Escape")
        office.locator("#consumers-make").click()
        said(office, "已新建使用方 城运平台")
        cell(office, "consumers-rows", "城运平台").click()
        expect(office.locator("#consumers-chosen")).to_contain_text("事件流转")
        office.locator("#consumers-key").click()
        said(office, "已为 城运平台 发放密钥")
        key = office.locator("#consumers-secret").inner_text().partition("：")[2].strip()
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.get(f"{serving.url}/api/consumer", headers=headers, timeout=60).json()["name"] == "城运平台"

        office.locator("#consumers-suspend").click()
        said(office, "城运平台 已暂停")
        expect(cell(office, "consumers-rows", "城运平台")).to_contain_text("已暂停")
        expect(office.locator("#consumers-suspend")).to_have_text("恢复")
        # terms are trusted for a moment
        office.wait_for_timeout(1000 * TRUST_S + 200)
        assert httpx.get(f"{serving.url}/api/incidents", headers=headers, timeout=60).status_code == 401


def test_an_account_is_made_signs_in_in_english_and_is_shut(office: Page, serving: Serving, browser):
    opened(office, serving, "accounts")
    expect(office.locator("#accounts-shut")).to_be_hidden()
    office.locator("#accounts-make").click()
    said(office, "请填写账号名")
    office.locator("#accounts-new-name").fill("browser-officer")
    office.locator("#accounts-new-password").fill(PASSWORD)
    office.locator("#accounts-make").click()
    said(office, "已新建账号 browser-officer")

    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    try:
        page.goto(f"{serving.url}/sign-in?lang=en")
        page.fill("#name", "browser-officer")
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/wall/main")
        page.goto(f"{serving.url}/office/catalogue")
        page.wait_for_selector("#catalogue-rows .ag-row")
        assert page.evaluate("document.documentElement.lang") == "en"
        # every page and the way out are on the screen
        for link in page.locator(".office-bar a, .office-bar button").all():
            box = link.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= 1440
    finally:
        context.close()

    cell(office, "accounts-rows", "browser-officer").click()
    office.locator("#accounts-shut").click()
    said(office, "browser-officer 已停用")
    expect(cell(office, "accounts-rows", "browser-officer")).to_contain_text("已停用")


def test_nothing_is_cut_off_on_any_page(office: Page, serving: Serving):
    cut = """() => [...document.querySelectorAll('.office-page .ag-header-cell-text, .office-page .ag-cell')]
      .filter(e => e.getClientRects().length && e.textContent.trim() && e.scrollWidth > e.clientWidth + 1)
      .map(e => e.textContent)"""
    for slug in ("batches", "quarantine", "catalogue", "interfaces", "interfaces?view=consumers", "accounts", "rules"):
        opened(office, serving, slug)
        office.wait_for_timeout(300)
        assert office.evaluate(cut) == [], slug
        assert office.evaluate("document.documentElement.scrollWidth <= innerWidth"), slug
