"""The catalogue of figures holds together, and statements are known by what they say."""

import pytest

from dashboard.figures.catalogue import RECORDS, Query, figure_named, figures, parse_figures, tables_read
from dashboard.figures.layer_trace import MEASURES, definition_of, meanings
from dashboard.figures.layer_trace import RECORDS as LAYER_RECORDS
from dashboard.figures.panels import panels, parse_panels
from dashboard.scenes import read_scenes
from gis.errors import BadInput, NotFound
from layers.catalogue import catalogue
from layers.measures import OPEN_MEASURES, SENSITIVE_MEASURES

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


def test_every_part_of_a_page_names_figures_and_layers_there_are():
    by_part = {}
    for panel in panels():
        by_part.setdefault((panel.page, panel.part), set()).add(panel.id)
        if panel.page == "report":
            assert all("report" in figures()[name].shown for name in panel.figures), panel.key
    scenes = read_scenes().scenes
    assert by_part["wall", "map"] == set(scenes)
    assert by_part["wall", "panel"] == {scene.panel for scene in scenes.values()}
    assert by_part["wall", "register"] == {scene.register_of for scene in scenes.values()}
    # the six figures of the strip, dashboard/wall/counters.py
    assert by_part["wall", "counter"] == {"residents", "demand", "open", "overdue", "ready", "unplaced"}
    row = {"page": "wall", "part": "map", "name": {"zh": "甲", "en": "A"}}
    wrong = [{**row, "id": "a", "figures": ["cats"]}, {**row, "id": "b", "layers": ["dogs"]}, {**row, "id": "c"}]
    with pytest.raises(BadInput, match=r"there is no figure cats.*there is no layer dogs.*shows nothing"):
        parse_panels(wrong)


def test_every_layer_of_cells_has_a_meaning_and_statements_of_its_records():
    shown = [layer for layer in catalogue().layers if layer.geometry == "cell"]
    assert {layer.source.kind for layer in shown} == set(meanings())
    for layer in shown:
        assert layer.name.zh in definition_of(layer).zh
    named = {name.partition(".")[0] for meaning in meanings().values() for name in meaning.records}
    assert named | {"unit_population", "unit_demand", "cell_value", "compounds"} == set(LAYER_RECORDS)
    assert set(MEASURES) == {*OPEN_MEASURES, *SENSITIVE_MEASURES}
