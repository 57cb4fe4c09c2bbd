"""What the page consists of: pairs at the left, what both registers say of the chosen pair at the right."""

from math import floor
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, keys_row, page_head, table
from etl.matching import RULE, STATUSES, pair_counts, pairs_of

#: (field of the comparison, attribute of one record, of the other)
FIELDS = (
    ("name", "name", "other_name"),
    ("sex", "sex", "other_sex"),
    ("birth", "birth_date", "other_birth_date"),
    ("identity", "has_identity", "other_has_identity"),
    ("dwelling", "home", "other_home"),
    ("registration", "registration", "other_registration"),
    ("since", "valid_from", "other_valid_from"),
    ("key", "source_key", "other_key"),
)
KEYS = (
    (("J", "K"), "office.same-person.keys.move"),
    (("1",), "office.same-person.keys.one"),
    (("2",), "office.same-person.keys.two"),
    (("Z",), "office.same-person.keys.back"),
)


def layout(visit: Visit) -> Component:
    """Return the page with the pairs that wait."""
    texts = visit.texts
    columns = [
        {"field": "names", "flex": 1, "tooltipField": "names"},
        {"field": "born", "width": 106},
        {"field": "score", "width": 74, "type": "rightAligned"},
        {"field": "state", "width": 104, "tooltipField": "state"},
    ]
    listed = table(
        texts, ids.SAME_PERSON_ROWS, columns, pair_rows(visit, "waiting"), titles="office.same-person",
        empty="office.same-person.none", key="id",
        rowSelection=ONE_ROW,
    )  # fmt: skip
    shown = dmc.SegmentedControl(
        id=ids.SAME_PERSON_SHOWN,
        data=[{"value": status, "label": texts(f"office.same-person.{status}")} for status in STATUSES],
        value="waiting",
        size="sm",
    )
    head = page_head(
        texts("office.same-person.title"), facts=html.Span(facts(visit), id=ids.SAME_PERSON_FACTS), tools=[shown]
    )
    buttons = html.Div(
        [
            dmc.Button(texts("office.same-person.one"), id=ids.SAME_PERSON_ONE, size="sm", disabled=True),
            dmc.Button(
                texts("office.same-person.two"), id=ids.SAME_PERSON_TWO, size="sm", variant="default", disabled=True
            ),
            dmc.Button(
                texts("office.same-person.back"), id=ids.SAME_PERSON_BACK, size="sm", variant="default", disabled=True
            ),
        ],
        className="rules-buttons",
    )
    chosen = html.Div(
        [
            html.Div(html.P(texts("office.same-person.empty"), className="office-sentence"), id=ids.SAME_PERSON_PAIR),
            buttons,
        ],
        className="same-person-chosen",
    )
    body = html.Div([html.Div(listed, className="rules-list"), chosen], className="office-body same-person-body")
    # the pair that was decided last, so that one key takes it back
    return html.Div([head, body, dcc.Store(id=ids.SAME_PERSON_LAST), keys_row(texts, KEYS)], className="office-two")


def facts(visit: Visit) -> str:
    """How many pairs wait, were merged and kept apart."""
    with visit.services.asking(visit.session) as connection:
        counts = pair_counts(connection, subdistrict_code=visit.session.subdistrict_code or "")
    waiting, merged, different = (counts.get(status, (0, 0)) for status in STATUSES)
    return visit.texts(
        "office.same-person.facts", waiting=f"{waiting[0]:,}", merged=f"{merged[0]:,}", by_rule=f"{merged[1]:,}",
        different=f"{different[0]:,}",
    )  # fmt: skip


def pairs(visit: Visit, status: str) -> list[Any]:
    """The pairs of a status, as the asker may see them."""
    with visit.services.asking(visit.session) as connection:
        return list(pairs_of(connection, subdistrict_code=visit.session.subdistrict_code or "", statuses=[status]))


def pair_rows(visit: Visit, status: str) -> list[dict[str, Any]]:
    """The rows of the list."""
    return [
        {
            "id": str(pair.id),
            "names": pair.name if pair.name == pair.other_name else f"{pair.name} · {pair.other_name}",
            "born": str(pair.birth_date or pair.other_birth_date or ""),
            "score": hundredths(pair.score),
            "state": decided_by(pair, visit),
        }
        for pair in pairs(visit, status)
    ]


def hundredths(score: float) -> str:
    """A score cut to hundredths: what is not certain is never written as 1."""
    return f"{floor(score * 100) / 100:.2f}"


def decided_by(pair: Any, visit: Visit) -> str:
    """Who decided; empty while it waits."""
    if pair.decided_by is None:
        return ""
    return visit.texts("office.same-person.by_rule") if pair.decided_by == RULE else str(pair.decided_by)


def shown_pair(pair: Any, visit: Visit) -> list[Component]:
    """One pair: what speaks for one person, and both records field by field."""
    texts = visit.texts
    rows = []
    for field, one, two in FIELDS:
        said = pair.evidence.get(field, "")
        mark = texts(f"office.same-person.said.{said}") if said else ""
        rows.append(
            html.Tr(
                [
                    html.Th(texts(f"office.same-person.field.{field}")),
                    html.Td(written(getattr(pair, one), visit)),
                    html.Td(written(getattr(pair, two), visit)),
                    html.Td(mark, className=f"said {said}"),
                ]
            )
        )
    head = html.Tr(
        [
            html.Th(""),
            html.Th(pair.feed_title or pair.feed),
            html.Th(pair.other_feed_title or pair.other_feed),
            html.Th(""),
        ]
    )
    return [
        html.Div(
            [
                html.H2(texts("office.same-person.question")),
                html.Span(
                    texts("office.same-person.score_is", score=hundredths(pair.score)), className="same-person-score"
                ),
                html.Div(html.I(style={"width": f"{100 * pair.score:.1f}%"}), className="same-person-bar"),
            ],
            className="same-person-head",
        ),
        html.Table([html.Thead(head), html.Tbody(rows)], className="same-person-fields"),
        html.P(reason(pair, visit), className="facts"),
    ]


def reason(pair: Any, visit: Visit) -> str:
    """Why the pair waits, or who decided it when."""
    texts = visit.texts
    if pair.status == "waiting":
        differing = [field for field, said in pair.evidence.items() if said != "same"]
        if not differing:
            return texts("office.same-person.why.unsure")
        words = texts.words(texts(f"office.same-person.field.{field}") for field in differing)
        return texts("office.same-person.why.differs", fields=words)
    at = visit.local(pair.decided_at, "%Y-%m-%d %H:%M")
    return texts(f"office.same-person.why.{pair.status}", by=decided_by(pair, visit), at=at)


def written(value: Any, visit: Visit) -> str:
    """A value as people here read it."""
    texts = visit.texts
    if isinstance(value, bool):
        return texts("office.same-person.stated" if value else "office.same-person.unstated")
    if value in ("registered", "migrant"):
        return texts(f"office.same-person.{value}")
    if hasattr(value, "tzinfo"):
        return visit.local(value, "%Y-%m-%d")
    return texts("office.same-person.unstated") if value in (None, "") else str(value)
