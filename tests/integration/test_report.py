"""The monthly report over the loaded sample: every figure against a query written apart, text selectable."""

import io
import re

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from dashboard.reports.facts import find_scope
from dashboard.reports.month import Month
from dashboard.reports.pages import build_report
from dashboard.reports.printing import print_report
from gis.errors import NotFound
from gis.texts import texts_in

pytestmark = pytest.mark.database

OCTOBER = Month(2026, 10)
ZH = texts_in("zh")


def one(connection, sql, **values):
    return connection.scalar(text(sql), values)


@pytest.fixture(scope="module")
def connection(loaded):
    with loaded.database.owner.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def report(loaded, connection):
    scope = find_scope(connection, OCTOBER, community=None, now=loaded.now)
    return build_report(connection, scope, ZH)


def requests_in(connection, year, month, code):
    """Counted the slow way: local calendar months of single rows."""
    return one(
        connection,
        "SELECT count(*) FROM base.service_request AS r JOIN base.community AS c ON ST_Covers(c.geom, r.geom) AND c.code = :code"
        " WHERE r.status <> 'withdrawn' AND to_char(r.requested_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') = :month",
        code=code,
        month=f"{year}-{month:02d}",
    )


def test_each_figure_of_the_demand_page_equals_a_query_of_its_own(report, connection):
    page = report.pages[0]
    names = dict(connection.execute(text("SELECT name, code FROM base.community")).all())
    assert len(page.rows) == 7
    for rank, row in enumerate(page.rows, 1):
        code = names[row[1]]
        persons = one(connection, "SELECT count(*) FROM base.resident WHERE community_code = :code", code=code)
        now, before, year = (requests_in(connection, *month, code) for month in ((2026, 10), (2026, 9), (2025, 10)))
        due, in_time = connection.execute(
            text(
                "SELECT count(*), count(*) FILTER (WHERE closed_at <= due_at) FROM base.service_request"
                " WHERE community_code = :code AND status <> 'withdrawn'"
                " AND due_at >= '2026-10-01 00:00+08' AND due_at < '2026-11-01 00:00+08'"
                " AND requested_at < '2026-11-01 00:00+08'"
            ),
            {"code": code},
        ).one()
        expected = (
            str(rank),
            row[1],
            f"{persons:,}",
            f"{now:,}",
            row[4],
            f"{now / persons * 1000:.1f}",
            signed(now, year),
            signed(now, before),
            f"{in_time / due * 100:.1f}%",
        )
        assert row == expected


def signed(now, before):
    if not before:
        return "—"
    text = f"{(now - before) / before * 100:+.1f}%"
    return "0.0%" if text in ("+0.0%", "-0.0%") else text.replace("-", "−")


def test_the_total_is_the_sum_of_its_parts_and_of_the_whole(report, connection):
    page = report.pages[0]

    persons, requests = (sum(int(row[column].replace(",", "")) for row in page.rows) for column in (2, 3))

    assert page.total[2] == f"{persons:,}"
    assert page.total[3] == f"{requests:,}"
    assert persons == one(connection, "SELECT count(*) FROM base.resident WHERE placement = 'placed'")


def test_the_ranking_is_by_rate_and_the_map_carries_the_tables_rates(report):
    page = report.pages[0]
    rates = [float(row[5]) for row in page.rows]

    assert rates == sorted(rates, reverse=True)
    for row in page.rows:
        assert f">{row[5]}</text>" in page.map_svg


def test_resources_are_counted_and_the_gap_is_who_cannot_walk_there(report, connection):
    page = report.pages[1]
    ready = one(connection, "SELECT count(*) FROM base.resource WHERE status = 'ready'")
    gap = one(
        connection,
        "SELECT count(*) FROM base.resident AS r JOIN base.cell AS f ON f.cell = r.cell"
        " LEFT JOIN topic.coverage AS v ON v.cell = f.parent_10 AND v.kind = 'fire_station'"
        " WHERE v.minutes IS NULL OR v.minutes > 15",
    )

    assert page.total[4] == f"{ready:,}"
    assert page.total[9] == f"{gap:,}"


def test_incidents_are_counted_in_local_months(report, connection):
    counted = one(
        connection,
        "SELECT count(*) FROM base.incident WHERE status <> 'withdrawn' AND placement = 'placed'"
        " AND to_char(reported_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM') = '2026-10'",
    )

    assert report.pages[2].total[2] == f"{counted:,}"


def test_sentences_follow_the_data(report):
    first, second, third = report.pages[0].sentences
    total, top = report.pages[0].total, report.pages[0].rows[0]

    assert first.startswith(f"2026年10月全街道受理服务诉求{total[3]}件")
    assert f"每千人{total[5]}件" in first
    assert second.startswith(f"{top[1]}每千人{top[5]}件，居首位")
    assert f"全街道按期办结率{total[8]}" in third


def test_the_pdf_has_selectable_chinese_and_fits_its_pages(report):
    reader = PdfReader(io.BytesIO(print_report(report, ZH)))

    assert len(reader.pages) == 3
    for number, page in enumerate(reader.pages, 1):
        words = re.sub(r"\s", "", page.extract_text())
        assert "枫桥街道社会治理月度图报" in words
        assert f"第{number}页，共3页" in words
        # A4 is 210 mm x 297 mm = 595.28 pt x 841.89 pt
        assert [round(float(side)) for side in page.mediabox[2:]] == [595, 842]
        assert not page.images


def test_a_report_of_one_community_counts_only_its_own(loaded, connection):
    scope = find_scope(connection, OCTOBER, community="马浜", now=loaded.now)

    page = build_report(connection, scope, texts_in("en")).pages[0]

    assert len(page.rows) == 1
    assert page.total[3] == f"{requests_in(connection, 2026, 10, '320505003006'):,}"


def test_an_unknown_community_is_named(loaded, connection):
    with pytest.raises(NotFound, match="there is no community '北极'"):
        find_scope(connection, OCTOBER, community="北极", now=loaded.now)
