"""What the page of interfaces consists of: three views, chosen by the address."""

import json
from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from access.interfaces import list_runs
from dashboard import ids
from dashboard.office.interfaces.consumers import consumers_view
from dashboard.office.interfaces.graph import build_graph, graph_figure
from dashboard.office.interfaces.hooks import hooks_view
from dashboard.office.interfaces.picture import Standing, standings
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, page_head, table, view_links
from gis.texts import Texts

VIEWS = ("register", "consumers", "hooks")
GRAPH_PX = 430
COLUMNS = (
    {"field": "direction", "width": 86},
    {"field": "title_", "flex": 3, "minWidth": 130},
    {"field": "party", "flex": 5, "minWidth": 180},
    {"field": "state", "width": 92},
    {"field": "success", "width": 116},
    {"field": "volume", "width": 104, "type": "rightAligned"},
    {"field": "failures", "width": 104, "type": "rightAligned"},
    {"field": "breaks", "flex": 4, "minWidth": 160},
    {"field": "fields", "width": 78, "type": "rightAligned"},
)


def layout(visit: Visit) -> Component:
    """Return the page in the view the address asks for."""
    view = visit.query.get("view", VIEWS[0])
    content = {"consumers": consumers_view, "hooks": hooks_view}.get(view, register_view)
    return html.Div([head(visit, view if view in VIEWS else VIEWS[0]), content(visit)], className="office-two")


def head(visit: Visit, view: str) -> Component:
    """The page's head, with the views as links."""
    texts = visit.texts
    found = standings(visit)
    facts = texts(
        "interfaces.facts",
        taken=sum(one.row["direction"] == "taken" for one in found),
        given=sum(one.row["direction"] == "given" for one in found),
        broken=sum(one.state == "broken" for one in found),
        late=sum(one.state == "late" for one in found),
    )
    links = view_links(texts, "interfaces", VIEWS, view)
    return page_head(texts("office.interfaces.title"), facts=facts, tools=links)


def register_view(visit: Visit) -> Component:
    """The graph above, the table below, the chosen interface beside them."""
    texts = visit.texts
    found = standings(visit)
    rows = interface_rows(visit, found)
    figure = graph_figure(build_graph(found, texts), texts, height=GRAPH_PX)
    grid = table(
        texts, ids.INTERFACES_ROWS, COLUMNS, rows, titles="interfaces", empty="interfaces.none", key="key",
        chosen=next(iter(rows), None), rowSelection=ONE_ROW,
    )  # fmt: skip
    picture = html.Figure(
        [
            dcc.Graph(
                id=ids.INTERFACES_GRAPH, figure=figure, config={"displayModeBar": False}, style={"height": GRAPH_PX}
            ),
            html.Figcaption(texts("interfaces.graph.legend")),
        ],
        className="interfaces-graph",
    )
    side = html.Div(
        html.Section(chosen_part(visit, rows[0]["key"] if rows else None), id=ids.INTERFACES_CHOSEN),
        className="office-side",
    )
    main = html.Div([picture, html.Div(grid, className="interfaces-table")], className="interfaces-main")
    return html.Div([main, side], className="office-body office-beside interfaces-register")


def interface_rows(visit: Visit, found: Sequence[Standing]) -> list[dict[str, Any]]:
    """One row per interface, as text."""
    texts, language = visit.texts, visit.texts.language
    return [
        {
            "key": one.row["key"],
            "direction": texts(f"interfaces.{one.row['direction']}"),
            "title_": one.row["title"][language],
            "party": one.row["party"][language],
            "fields": len(one.row["fields"]),
            "success": visit.local(one.last_success, "%m-%d %H:%M"),
            "volume": texts(f"interfaces.unit.{one.unit}", n=f"{one.volume:,}"),
            "failures": one.failures,
            "state": texts(f"interfaces.state.{one.state}"),
            "breaks": breaks(visit, one),
        }
        for one in found
    ]


def breaks(visit: Visit, one: Standing) -> str:
    """Say what would go without if the interface stopped."""
    texts = visit.texts
    if one.row["feed"]:
        counts = {kind: sum(use.kind == kind for use in one.rests) for kind in ("layer", "figure", "interface")}
        if not any(counts.values()):
            return texts("interfaces.breaks.none")
        return texts(
            "interfaces.breaks.n",
            layers=counts["layer"],
            figures=counts["figure"],
            interfaces=counts["interface"],
        )
    return texts("interfaces.breaks.party", party=one.row["party"][texts.language])


def chosen_part(visit: Visit, key: str | None) -> list[Component]:
    """What is to be known of the chosen interface."""
    texts, language = visit.texts, visit.texts.language
    check = dmc.Button(
        texts("interfaces.check"), id=ids.INTERFACES_CHECK, variant="default",
        disabled=visit.session.role != "operator",
    )  # fmt: skip
    one = next((one for one in standings(visit) if one.row["key"] == key), None) if key else None
    if one is None:
        return [html.P(texts("interfaces.choose"), className="facts"), check]
    row = one.row
    with visit.services.asking(visit.session) as connection:
        runs = list_runs(connection, row["key"], limit=5)
    said = [
        (texts("interfaces.party"), row["party"][language]),
        (texts("interfaces.purpose"), row["purpose"][language]),
        (texts("interfaces.basis"), row["legal_basis"].get(language, "")),
        (texts("interfaces.retention"), row["retention"].get(language, "")),
    ]
    rests: dict[str, list[str]] = {}
    for use in one.rests:
        rests.setdefault(use.kind, []).append(use.title)
    return [
        html.H2(row["title"][language]),
        html.Dl(
            [part for name, text in said if text for part in (html.Dt(name), html.Dd(text))], className="office-facts"
        ),
        check,
        html.H3(texts("interfaces.runs")),
        html.Ul([html.Li(run_words(visit, run)) for run in runs] or [html.Li(texts("interfaces.state.untested"))]),
        html.H3(texts("interfaces.rests")),
        html.Ul(
            [
                html.Li(f"{texts(f'catalogue.readers.{kind}')} {len(titles)}：{some(titles, texts)}")
                for kind, titles in rests.items()
            ]
            or [html.Li(breaks(visit, one))]
        ),
        html.H3(f"{texts('interfaces.fields')} {len(row['fields'])}"),
        html.P(texts.words(field_words(column, texts) for column in row["fields"])),
        html.Details(
            [
                html.Summary(texts("interfaces.contract")),
                html.Pre(json.dumps(row["contract"], ensure_ascii=False, indent=1)),
            ]
        ),
    ]


def some(titles: Sequence[str], texts: Texts, *, most: int = 12) -> str:
    """The first titles, and that there are more."""
    return texts.words(titles[:most]) + ("…" if len(titles) > most else "")


def field_words(column: dict[str, Any], texts: Texts) -> str:
    """A field's name in words, with what is required marked."""
    name = column["zh"] if texts.language == "zh" else column["en"]
    needed = column.get("required") and column["zh"] != column["name"]
    return texts.noted(name, texts("interfaces.required")) if needed else name


def run_words(visit: Visit, run: dict[str, Any]) -> str:
    """A test of the contract in one line."""
    at = visit.local(run["at"], "%m-%d %H:%M")
    if run["passed"]:
        return visit.texts("interfaces.run.passed", at=at, n=run["checked"])
    return visit.texts("interfaces.run.broken", at=at, faults=visit.texts.clauses(run["faults"]))
