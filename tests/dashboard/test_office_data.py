"""The office's pages of the data: the ledger, the quarantine and doubtful persons, over a small district that is really loaded."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from dash import no_update
from sqlalchemy import text

from access.accounts import NewAccount, add_account, add_token
from access.sessions import find_session
from dashboard.office.batches import callbacks as batches
from dashboard.office.batches.layout import chosen_batch, ledger_rows
from dashboard.office.page import Visit
from dashboard.office.pages import office_pages
from dashboard.office.quarantine import callbacks as quarantine
from dashboard.office.quarantine.layout import reason_rows
from dashboard.office.same_person import callbacks as same_person
from dashboard.office.same_person.layout import pair_rows
from dashboard.services import Services
from dashboard.settings import ServerSettings
from etl.sheets import NUMBER_HEADING, SEALED_MARK
from gis.database.connection import Database
from gis.settings import DatabaseSettings
from gis.texts import texts_in
from tests.etl.small_district import (
    CODE,
    FEEDS,
    RESIDENT_HEADING,
    resident,
    write_small_district,
    write_table,
    write_yaml,
)
from tests.integration.test_load import NOW, forget, load, one

pytestmark = pytest.mark.database


@dataclass
class Office:
    """The pages' functions as an operator and as an auditor call them."""

    operator: Visit
    auditor: Visit
    database: Database


@pytest.fixture(scope="module")
def office(
    database: Database, database_settings: DatabaseSettings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Two registers of residents; one row refused, one pair in doubt."""
    folder = write_small_district(tmp_path_factory.mktemp("office") / "delivery")
    write_table(
        folder, "residents.csv", RESIDENT_HEADING,
        resident("P1"), resident("P2", 姓名="钱四", 身份证号="", 出生日期="1973-04-04", 户号="H2"), resident("P3", 性别="X", 户号="H3"),
        encoding="gb18030",
    )  # fmt: skip
    write_table(
        folder, "police.csv", RESIDENT_HEADING,
        resident("Q2", 姓名="钱四", 身份证号="", 出生日期="1973-04-04", 户号="K2", 室号="501"), encoding="utf-8",
    )  # fmt: skip
    write_yaml(folder, [*FEEDS, {"feed": "residents", "file": "police.csv", "name": "police"}])
    forget(database)
    load(database, folder)
    services = Services(ServerSettings(geodatabase=database_settings), database, clock=lambda: NOW)
    visits = {}
    with database.owner.begin() as connection:
        for role in ("operator", "auditor"):
            account = add_account(connection, NewAccount(name=f"office-{role}", role=role, subdistrict_code=CODE))
            visits[role] = add_token(connection, account, kind="api", now=NOW.replace(year=2036))
    with database.server.begin() as connection:
        sessions = {role: find_session(connection, secret, by_token=True) for role, secret in visits.items()}
    made = {role: Visit(session, texts_in("zh"), services, NOW) for role, session in sessions.items() if session}
    yield Office(made["operator"], made["auditor"], database)
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE access.account SET disabled_at = now() WHERE name LIKE 'office-%'"))
    forget(database)


def handed_over(content: bytes) -> str:
    """A file as a browser sends it."""
    return f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"


def said(notices: Any) -> str:
    return "" if notices is no_update else str(notices[0]["message"])


def audited(office: Office, action: str) -> int:
    return int(
        one(
            office.database,
            "SELECT count(*) FROM access.audit WHERE action = :action AND actor = 'office-operator'",
            action=action,
        )
    )


def test_the_ledger_says_that_its_counts_add_up_and_agree(office: Office) -> None:
    rows = {row["feed"]: row for row in ledger_rows(office.operator)}

    residents = rows["居民"]
    assert (residents["read"], residents["counted"], residents["loaded"], residents["quarantined"]) == (3, 3, 2, 1)
    assert {row["sums"] for row in rows.values()} == {"相符"}
    shown = str(chosen_batch(office.operator, residents["id"]))
    # the hash of the file, what it changed, and that nothing rests on it
    assert "文件指纹" in shown
    assert "可以撤销" in shown
    assert "据此落图" in str(chosen_batch(office.operator, rows["楼栋"]["id"]))


def test_a_file_is_previewed_then_loaded_then_undone_by_an_operator_alone(office: Office) -> None:
    lines = [RESIDENT_HEADING, resident("P1", 姓名="张三三"), resident("P7", 户号="H7")]
    content = handed_over("".join(f"{line}\n" for line in lines).encode("gb18030"))
    before = len(ledger_rows(office.operator))

    parts, may_not_load, notices = batches.preview_file(office.operator, "residents", content, "新居民.csv")
    assert (may_not_load, said(notices)) == (False, "")
    assert "姓名 1" in str(parts)
    assert "未写入任何数据" in str(parts)
    assert len(ledger_rows(office.operator)) == before
    refused = batches.preview_file(office.auditor, "residents", content, "新居民.csv")
    assert said(refused[2]) == "您的岗位不能执行此操作。"
    notices, rows, _, _ = batches.load_file(office.operator, "residents", content, "新居民.csv")
    assert "新居民.csv" in str(chosen_batch(office.operator, rows[0]["id"]))
    assert f"已装载为批次 {rows[0]['id']}：写入 2 条" in said(notices)
    assert batches.undo(office.operator, rows[0]["id"]) == f"批次 {rows[0]['id']}（居民）已撤销"
    assert "写入 2 条" in batches.replay(office.operator, rows[0]["id"])
    batches.undo(office.operator, ledger_rows(office.operator)[0]["id"])
    assert (
        one(office.database, "SELECT name FROM base.resident WHERE subdistrict_code = :code AND source_key = 'P1'")
        == "张三"
    )
    for action, times in {"batch_previewed": 1, "batch_loaded": 1, "batch_undone": 2, "batch_replayed": 1}.items():
        assert audited(office, action) == times, action
    wrong = batches.preview_file(office.operator, "residents", handed_over(b"a,b\n1,2\n"), "x.csv")
    assert "\n" not in said(wrong[2])
    assert wrong[1] is True


def test_a_refused_row_is_downloaded_mended_and_leaves_the_quarantine(office: Office) -> None:
    chosen = [row for row in reason_rows(office.operator) if row["key"] == "residents"]
    head, columns, cells, *disabled = quarantine.show(office.operator, chosen)
    assert "1 条" in head
    assert disabled == [False, False]
    assert [column["headerName"] for column in columns][:3] == ["行", "错误", "性别"]
    assert cells[0]["身份证号"] == SEALED_MARK
    assert cells[0]["!"] == ["性别"]

    download, notices = quarantine.sheet(office.operator, "residents", "xlsx")
    assert said(notices) == ""
    sheet = pd.read_excel(
        BytesIO(base64.b64decode(download["content"])), dtype=str, keep_default_na=False, engine="openpyxl"
    )
    assert sheet[NUMBER_HEADING].tolist() == [cells[0]["id"]]
    sheet["性别"] = "女"
    mended = BytesIO()
    sheet.to_excel(mended, index=False)
    refused = quarantine.take(office.auditor, handed_over(mended.getvalue()), "更正.xlsx", chosen)
    assert said(refused[0]) == "您的岗位不能执行此操作。"
    taken = quarantine.take(office.operator, handed_over(mended.getvalue()), "更正.xlsx", chosen)

    assert said(taken[0]) == "1 条已入库并移出隔离区，0 条仍在隔离区"
    assert reason_rows(office.operator) == []
    assert (
        one(office.database, "SELECT sex FROM base.resident WHERE subdistrict_code = :code AND source_key = 'P3'")
        == "女"
    )
    assert (audited(office, "quarantine_downloaded"), audited(office, "quarantine_mended")) == (1, 1)


def test_a_doubtful_pair_is_merged_and_taken_back_with_an_audit_row_each(office: Office) -> None:
    chosen = pair_rows(office.operator, "waiting")
    assert [row["names"] for row in chosen] == ["钱四"]
    parts, *_ = same_person.show(office.operator, chosen, "waiting", None)
    assert "不一致：住址" in str(parts)

    rows, facts, last, notices = same_person.decided(office.operator, "same-person-one", chosen, "waiting", None)
    assert rows == []
    assert "待定 0 对，已合并 1 对（自动 0）" in facts
    assert last == chosen[0]["id"]
    rows, _, last, notices = same_person.decided(office.operator, "same-person-back", [], "waiting", last)
    assert [row["names"] for row in rows] == ["钱四"]
    assert (last, said(notices)) == (None, "已撤回，重新待定")
    assert (
        said(same_person.decided(office.auditor, "same-person-one", chosen, "waiting", None)[3])
        == "您的岗位不能执行此操作。"
    )
    changes = one(
        office.database,
        "SELECT count(*) FROM access.audit WHERE table_name = 'base.same_person' AND record_id = :id AND actor = 'office-operator'",
        id=chosen[0]["id"],
    )
    assert changes == 2


def test_the_pages_are_laid_out_in_both_languages(office: Office) -> None:
    pages = {page.slug: page for page in office_pages()}

    for slug in ("batches", "quarantine", "same-person"):
        for language in ("zh", "en"):
            visit = replace(office.operator, texts=texts_in(language))
            assert texts_in(language)(f"office.{slug}.title") in str(pages[slug].layout(visit))
        assert "auditor" in pages["batches"].roles
        assert pages["same-person"].roles == {"operator"}


def test_a_file_that_is_too_large_or_cut_is_refused_in_a_sentence(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.office.uploads.LARGEST", 10)
    large = batches.preview_file(office.operator, "residents", handed_over(b"x" * 11), str(Path("C:\\a\\b.csv")))
    assert "超过 0 MiB" in said(large[2])
    cut = batches.preview_file(office.operator, "residents", "data:;base64,abc", "b.csv")
    assert "未完整上传" in said(cut[2])
