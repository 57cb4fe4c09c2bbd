"""Whether the score deserves trust: its back-test, month by month, beside a control without signal and kind by kind."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.office.page import Visit
from gis.texts import Texts


def proof(visit: Visit, models: Mapping[str, Mapping[str, Any]]) -> list[Component]:
    """The back-test of the compounds' score in figures and a picture; that of the cells in figures."""
    texts = visit.texts
    if not models:
        return [html.P(texts("office.risk.no_model"), className="office-sentence")]
    told: list[Component] = []
    for unit_kind in ("compound", "cell"):
        model = models.get(unit_kind)
        if model is None:
            continue
        told.append(html.H2(texts("office.risk.proof", unit=texts(f"office.rules.unit.{unit_kind}"))))
        report = model["report"]
        if "lift" not in report:
            told.append(html.P(texts("office.risk.too_little"), className="facts"))
            continue
        told += [figures(report, texts), html.P(summary(report, texts), className="facts")]
        if unit_kind == "compound":
            told += [reliability(report["reliability"], texts), kinds(report["kinds"], texts)]
    return told


def figures(report: Mapping[str, Any], texts: Texts) -> Component:
    """Lift, Brier skill and area, each beside what the control reaches."""
    control = report["control"] or {}
    told = [
        (
            "lift",
            f"{report['lift']:.2f}",
            texts("office.risk.interval", low=f"{report['lift_low']:.1f}", high=f"{report['lift_high']:.1f}"),
            control.get("lift"),
        ),
        (
            "skill",
            f"{report['brier_skill']:.3f}",
            texts("office.risk.brier", n=f"{report['brier']:.3f}"),
            control.get("brier_skill"),
        ),
        (
            "spread",
            f"{report['spread']:.2f}",
            "" if report["auc"] is None else texts("office.risk.area", n=f"{report['auc']:.2f}"),
            control.get("spread"),
        ),
    ]
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(texts(f"office.risk.figure.{name}")),
                    html.Dd(figure),
                    html.Span(beside),
                    html.Span("" if none is None else texts("office.risk.control", n=f"{none:.2f}")),
                ]
            )
            for name, figure, beside, none in told
        ],
        className="rules-figures risk-figures",
    )


def summary(report: Mapping[str, Any], texts: Texts) -> str:
    """Over which months it was tried, and how many of the escalations were among the flagged."""
    months = report["months"]
    first, last = (date(1970, 1, 1) + timedelta(days=months[place]["day"]) for place in (0, -1))
    return texts(
        "office.risk.months",
        n=len(months),
        first=f"{first:%Y-%m}",
        last=f"{last:%Y-%m}",
        hits=sum(month["flagged_hits"] for month in months),
        happened=sum(month["happened"] for month in months),
    )


def reliability(bins: list[Mapping[str, float]], texts: Texts) -> Component:
    """Predicted beside observed, in five groups from low to high; the interval of what was observed."""
    rows = [
        html.Tr(
            [
                html.Td(f"{100 * one['predicted']:.0f}%"),
                html.Td(f"{100 * one['observed']:.0f}%"),
                html.Td(f"{100 * one['low']:.0f}—{100 * one['high']:.0f}%"),
                html.Td(scale(one), className="bar"),
            ]
        )
        for one in bins
    ]
    heads = [html.Th(texts(f"office.risk.{name}")) for name in ("predicted", "observed", "between")]
    return html.Table(
        [html.Thead(html.Tr([*heads, html.Th(texts("office.risk.scale"))])), html.Tbody(rows)], className="risk-parts"
    )


def scale(one: Mapping[str, float]) -> Component:
    """A line from 0 to 100 %: the interval as a band, what was observed as a stroke, what was predicted as a dot."""
    return html.Div(
        [
            html.I(
                style={"left": f"{100 * one['low']:.1f}%", "width": f"{100 * (one['high'] - one['low']):.1f}%"},
                className="band",
            ),
            html.I(style={"left": f"{100 * one['observed']:.1f}%"}, className="stroke"),
            html.I(style={"left": f"{100 * one['predicted']:.1f}%"}, className="dot"),
        ]
    )


def kinds(compared: list[Mapping[str, Any]], texts: Texts) -> Component:
    """Whether any kind of compound is flagged more than its later escalations justify."""
    rows = [
        html.Tr(
            [
                html.Td(texts(f"office.risk.kind.{one['kind']}")),
                html.Td(f"{one['observed']} / {one['expected']:.0f}"),
                html.Td(f"{one['ratio']:.2f} · {one['low']:.2f}—{one['high']:.2f}"),
                html.Td(f"{100 * one['false_positive']:.0f}% · {100 * one['fp_low']:.0f}—{100 * one['fp_high']:.0f}%"),
            ]
        )
        for one in compared
    ]
    heads = ("kind_of", "happened_expected", "ratio", "false_positive")
    too_often = [texts(f"office.risk.kind.{one['kind']}") for one in compared if one["too_often"]]
    said = texts("office.risk.unfair", kinds=texts.words(too_often)) if too_often else texts("office.risk.fair")
    return html.Div(
        [
            html.H2(texts("office.risk.fairness")),
            html.P(said),
            html.Table(
                [html.Thead(html.Tr([html.Th(texts(f"office.risk.{name}")) for name in heads])), html.Tbody(rows)],
                className="risk-parts",
            ),
        ]
    )
