"""The catalogue of figures holds together, and statements are known by what they say."""

import pytest

from dashboard.figures.catalogue import RECORDS, Query, figure_named, figures, parse_figures, tables_read
from dashboard.reports.pages import TRACED
from gis.errors import BadInput, NotFound

ROW = {
    "id": "a", "name": {"zh": "甲", "en": "A"}, "definition": {"zh": "甲", "en": "A"}, "unit": {"zh": "件", "en": "n"},
    "rows": "incidents", "feeds": ["incidents"], "shown": {},
}  # fmt: skip


def test_every_statement_counts_a_figure_and_every_shown_statement_is_there():
    used = {figure.rows for figure in figures().values() if figure.rows}

    assert used == set(RECORDS)
    for figure in figures().values():
        assert figure.shown_queries.keys() == figure.shown.keys()
        assert figure.query is None or figure.query.tables


def test_a_version_changes_with_the_words_and_not_with_their_layout():
    plain = Query("a", "SELECT 1\n  FROM base.incident")
    laid_out = Query("a", "-- a remark\nSELECT 1 FROM   base.incident")
    changed = Query("a", "SELECT 2 FROM base.incident")

    assert plain.version == laid_out.version
    assert plain.version != changed.version
    assert len(plain.version) == 12


def test_tables_are_read_out_of_statements():
    sql = "SELECT * FROM base.incident JOIN support.batch ON true, support.persons_on_file() -- topic.demand\n"
    assert tables_read(sql) == {"base.incident", "support.batch"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{**ROW, "rows": "nothing"}], "no statement nothing"),
        ([{**ROW, "parts": ["a", "b"]}], "rows or parts"),
        ([ROW, ROW], "a stands twice"),
        ([{**{k: v for k, v in ROW.items() if k != "rows"}, "parts": ["x", "a"]}], "x is no figure"),
    ],
)
def test_a_wrong_catalogue_is_refused(rows: list[dict[str, object]], said: str):
    with pytest.raises(BadInput, match=said):
        parse_figures(rows)


def test_an_unknown_figure_is_not_found():
    with pytest.raises(NotFound, match="GET /api/figures"):
        figure_named("cats")


def test_reports_name_figures_there_are():
    named = {name for names in TRACED.values() for name in names}
    assert named <= set(figures())
    assert all("report" in figures()[name].shown for name in named)
