"""What the page of risk points consists of: candidates at the left, the chosen one, and the proof at the right."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from alerts.risk.store import newest_models, points
from dashboard import ids
from dashboard.office.page import Visit
from dashboard.office.parts import page_head, table
from dashboard.office.risk.proof import proof

COLUMNS = (
    {"field": "place", "flex": 1, "minWidth": 100, "tooltipField": "place"},
    {"field": "community", "width": 100},
    {"field": "unit", "width": 70},
    {"field": "probability", "width": 74, "type": "rightAligned"},
    {"field": "state", "width": 76},
)


def points_of(visit: Visit) -> list[dict[str, Any]]:
    """Risk points as the asker may see them."""
    with visit.services.asking(visit.session) as connection:
        return points(connection, subdistrict_code=visit.session.subdistrict_code or "", now=visit.now)


def point_rows(visit: Visit, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per point, as text."""
    texts = visit.texts
    return [
        {
            "id": str(point["id"]),
            "place": point["unit_name"],
            "community": point["community"] or "",
            "unit": texts(f"office.rules.unit.{point['unit_kind']}"),
            "probability": percent(point["probability"]),
            "state": texts(f"office.risk.status.{point['status']}"),
        }
        for point in found
    ]


def facts(visit: Visit, found: list[dict[str, Any]]) -> str:
    """How many wait, and how many are confirmed."""
    waiting, confirmed = (sum(point["status"] == status for point in found) for status in ("candidate", "confirmed"))
    return visit.texts("office.risk.facts", waiting=waiting, confirmed=confirmed)


def percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def layout(visit: Visit) -> Component:
    """Return the page."""
    texts = visit.texts
    found = points_of(visit)
    with visit.services.asking(visit.session) as connection:
        models = newest_models(connection, subdistrict_code=visit.session.subdistrict_code or "")
    grid = table(
        texts, ids.RISK_ROWS, COLUMNS, point_rows(visit, found), titles="office.risk", empty="office.risk.none",
        rowSelection={"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
        getRowId={"function": "params.data.id"},
    )  # fmt: skip
    head = page_head(texts("office.risk.title"), facts=html.Span(facts(visit, found), id=ids.RISK_FACTS))
    body = html.Div(
        [
            html.Div(grid, className="rules-list"),
            html.Div(
                [
                    html.Div(html.P(texts("office.risk.choose"), className="office-sentence"), id=ids.RISK_POINT),
                    deciding(visit),
                ],
                className="risk-point",
            ),
            html.Div(proof(visit, models), className="risk-proof"),
        ],
        className="office-body risk-body",
    )
    return html.Div([head, body], className="office-two")


def deciding(visit: Visit) -> Component:
    """The reason and the two buttons; hidden until somebody who may decide has chosen a point."""
    texts = visit.texts
    return html.Div(
        [
            dmc.TextInput(
                id=ids.RISK_REASON,
                placeholder=texts("office.risk.reason_hint"),
                size="sm",
                **{"aria-label": texts("office.risk.reason")},
            ),
            html.Div(
                [
                    dmc.Button(texts("office.risk.confirm"), id=ids.RISK_CONFIRM, size="sm"),
                    dmc.Button(texts("office.risk.reject"), id=ids.RISK_REJECT, variant="default", size="sm"),
                ],
                className="rules-buttons",
            ),
        ],
        id=ids.RISK_DECIDING,
        className="risk-deciding",
        hidden=True,
    )


def point_view(visit: Visit, point: dict[str, Any]) -> Component:
    """The chosen point: how probable, what speaks for and against it, and what was decided."""
    texts = visit.texts
    base = point["base_rate"]
    times = point["probability"] / base if base else 0.0
    decided = (
        [
            html.P(
                texts(
                    "office.risk.decided",
                    state=texts(f"office.risk.status.{point['status']}"),
                    by=point["decided_by"],
                    at=visit.local(point["decided_at"], "%Y-%m-%d %H:%M"),
                    reason=point["reason"],
                    until=visit.local(point["valid_to"], "%Y-%m-%d"),
                )
            )
        ]
        if point["decided_at"]
        else []
    )
    return html.Div(
        [
            html.Div(
                [html.H2(point["unit_name"]), html.Span(point["community"] or "", className="facts")],
                className="rules-name",
            ),
            html.Div(
                [
                    html.Span(percent(point["probability"]), className="risk-figure"),
                    html.Span(texts("office.risk.within", base=percent(base), times=f"{times:.1f}")),
                ],
                className="risk-probability",
            ),
            *decided,
            html.H3(texts("office.risk.speaks")),
            parts_table(visit, point["contributions"]),
            html.P(
                texts(
                    "office.risk.scored", at=visit.local(point["scored_at"], "%Y-%m-%d %H:%M"), version=point["version"]
                ),
                className="facts",
            ),
        ]
    )


def parts_table(visit: Visit, contributions: list[dict[str, Any]]) -> Component:
    """Every factor with its value, that of the mean place, and what it multiplies the expectation by."""
    texts = visit.texts
    most = max((abs(one["points"]) for one in contributions), default=0.0) or 1.0
    rows = []
    for one in contributions:
        share = 50 * abs(one["points"]) / most
        side = {"left": "50%"} if one["points"] >= 0 else {"right": "50%"}
        bar = html.Div(
            html.I(style={"width": f"{share:.1f}%", **side}, className="for" if one["points"] >= 0 else "against")
        )
        factor = f"×{2.718281828 ** one['points']:.2f}" if abs(one["points"]) >= 0.005 else texts("office.risk.nothing")
        rows.append(
            html.Tr(
                [
                    html.Td(texts(f"alerts.factor.{one['name']}")),
                    html.Td(figure(one["value"], one["name"])),
                    html.Td(figure(one["mean"], one["name"])),
                    html.Td(bar, className="bar"),
                    html.Td(factor),
                ]
            )
        )
    heads = ("factor", "here", "mean", "effect", "times")
    return html.Table(
        [html.Thead(html.Tr([html.Th(texts(f"office.risk.{name}")) for name in heads])), html.Tbody(rows)],
        className="risk-parts",
    )


def figure(value: float, name: str) -> str:
    if name == "vacancy":
        return percent(value)
    if name == "season":
        return f"×{2.718281828**value:.2f}"
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"
