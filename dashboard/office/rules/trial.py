"""What came of trying a rule on history: five figures, a bar per week, and the communities."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.office.page import Visit
from gis.texts import Texts


def trial_view(visit: Visit, trials: Sequence[Mapping[str, Any]], *, communities: Mapping[str, str]) -> Component:
    """The newest trial of a rule: waiting, failed, or what it found; below it the weekly checks."""
    texts = visit.texts
    tried = [one for one in trials if one["purpose"] == "trial"]
    checks = [one for one in trials if one["purpose"] == "drift" and one["result"]]
    if not tried:
        return html.Div([html.P(texts("office.rules.never_tried"), className="facts"), *check_lines(visit, checks)])
    newest = tried[0]
    period = texts("office.rules.period", first=newest["first_day"], last=newest["last_day"])
    if newest["finished_at"] is None:
        return under_way(newest["progress"], texts("office.rules.trying", period=period), texts)
    if newest["fault"]:
        return html.P(newest["fault"])
    result = newest["result"]
    facts = texts(
        "office.rules.tried", period=period, at=visit.local(newest["finished_at"], "%m-%d %H:%M"), by=newest["asked_by"]
    )
    return html.Div(
        [
            html.P(facts, className="facts"),
            figures(result, texts),
            week_bars(result["weeks"], texts),
            community_table(result["by_community"], communities, texts),
            html.P(texts("office.rules.truth"), className="facts"),
            *check_lines(visit, checks),
        ]
    )


def under_way(share: float, said: str, texts: Texts) -> Component:
    """How far a trial has come."""
    percent = f"{100 * share:.0f}"
    bar = html.Div(
        html.Div(style={"width": f"{percent}%"}),
        className="rules-progress",
        role="progressbar",
        **{"aria-valuenow": percent, "aria-label": said},  # type: ignore[arg-type]
    )
    return html.Div([html.P([said, html.Span(texts("office.rules.done_of", n=percent))], className="facts"), bar])


def figures(result: Mapping[str, Any], texts: Texts) -> Component:
    """Alerts, hits beside what luck alone hits, misses, lead time, false alarms a week."""
    lead = result["lead_h"]
    lead_said = texts("office.rules.no_lead" if lead is None else "office.rules.hours_median")
    told = [
        ("alerts", f"{result['alerts']:,}", texts("office.rules.per_week", n=f"{result['alerts_per_week']:g}")),
        ("hits", f"{result['hits']:,}", texts("office.rules.by_luck", n=f"{result['hits_by_luck']:g}")),
        ("misses", f"{result['misses']:,}", texts("office.rules.of", n=f"{result['graves']:,}")),
        ("lead", "—" if lead is None else f"{lead:g}", lead_said),
        ("false", f"{result['false_per_week']:g}", texts("office.rules.false_total", n=f"{result['false_alarms']:,}")),
    ]  # fmt: skip
    return html.Dl(
        [
            html.Div([html.Dt(texts(f"office.rules.figure.{name}")), html.Dd(figure), html.Span(beside)])
            for name, figure, beside in told
        ],
        className="rules-figures",
    )


def week_bars(weeks: Sequence[Mapping[str, Any]], texts: Texts) -> Component:
    """One bar per week from 0 on: what hit filled, false alarms hollow, what is not decided yet hatched."""
    most = max((week["hits"] + week["false"] + week["undecided"] for week in weeks), default=0) or 1
    bars = [
        html.Div(
            [
                html.Div(style={"height": f"{100 * week['undecided'] / most:.2f}%"}, className="undecided"),
                html.Div(style={"height": f"{100 * week['false'] / most:.2f}%"}, className="false"),
                html.Div(style={"height": f"{100 * week['hits'] / most:.2f}%"}, className="hit"),
            ],
            title=texts("office.rules.week_title", **week),
        )
        for week in weeks
    ]
    legend = html.Div(
        [
            html.Span([html.I(className="hit"), texts("office.rules.figure.hits")]),
            html.Span([html.I(className="false"), texts("office.rules.figure.false_alarms")]),
            html.Span([html.I(className="undecided"), texts("office.rules.figure.undecided")]),
            html.Span(texts("office.rules.most", n=most), className="most"),
        ],
        className="rules-legend",
    )
    ends = html.Div([html.Span(weeks[0]["week"]), html.Span(weeks[-1]["week"])], className="rules-ends")
    return html.Figure(
        [
            legend,
            html.Div(bars, className="rules-bars", role="img", **{"aria-label": texts("office.rules.chart")}),  # type: ignore[arg-type]
            ends,
        ],
        className="rules-chart",
    )


def community_table(
    counted: Mapping[str, Mapping[str, int]], communities: Mapping[str, str], texts: Texts
) -> Component:
    """Alerts and false alarms of each community."""
    heads = ("community", "alerts", "hits", "false_alarms", "undecided")
    rows = [
        (
            communities.get(code, code) or texts("alerts.whole"),
            [sum(own.values()), *(own.get(kind, 0) for kind in ("hits", "false", "undecided"))],
        )
        for code, own in counted.items()
    ]
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(texts(f"office.rules.figure.{name}")) for name in heads])),
            html.Tbody(
                [html.Tr([html.Td(name), *(html.Td(f"{number:,}") for number in numbers)]) for name, numbers in rows]
            ),
        ],
        className="rules-communities",
    )


def check_lines(visit: Visit, checks: Sequence[Mapping[str, Any]]) -> list[Component]:
    """The newest weekly checks, one line each."""
    if not checks:
        return []
    texts = visit.texts
    lines = [
        html.Li(
            texts(
                "office.rules.check_outside" if one["result"]["outside"] else "office.rules.check_within",
                week=one["last_day"],
                n=one["result"]["alerts"],
                low=one["result"]["low"],
                high=one["result"]["high"],
            )
        )
        for one in checks[:4]
    ]
    return [html.H2(texts("office.rules.checks")), html.Ul(lines, className="rules-checks")]
