"""What the page of rules consists of: the list at the left; at the right the chosen rule, its text, and its trial."""

from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from access.administration import community_choices
from alerts.rule_store import EDITORS, KeptRule, kept_rule, kept_rules, versions_of
from alerts.rules import DETECTED, parse_rule, rule_text
from alerts.trial import trials_of
from dashboard import ids
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, page_head, table
from dashboard.office.rules.trial import trial_view
from dashboard.office.rules.words import level_words, rule_words, title_of
from gis.texts import Texts

COLUMNS = (
    {"field": "name", "flex": 1, "minWidth": 150},
    {"field": "kind", "width": 100},
    {"field": "state", "width": 66},
    {"field": "version", "width": 82, "type": "rightAligned"},
    {"field": "changed", "width": 110},
)
#: periods a rule can be tried on [weeks]
PERIODS = (13, 26, 52)


def kept_of(visit: Visit) -> list[KeptRule]:
    """Every rule as the asker may read it."""
    with visit.services.asking(visit.session) as connection:
        return kept_rules(connection, subdistrict_code=visit.session.subdistrict_code or "")


def rule_rows(visit: Visit, kept: list[KeptRule]) -> list[dict[str, Any]]:
    """One row per rule, as text."""
    texts = visit.texts
    return [
        {
            "id": one.rule.id,
            "name": title_of(one.rule, texts),
            "kind": texts(f"office.rules.kind.{one.rule.kind}"),
            "state": texts("office.rules.on" if one.enabled else "office.rules.off"),
            "version": one.version,
            "changed": visit.local(one.changed_at, "%Y-%m-%d") or texts("office.rules.shipped"),
        }
        for one in kept
    ]


def layout(visit: Visit) -> Component:
    """Return the page."""
    texts = visit.texts
    kept = kept_of(visit)
    rows = rule_rows(visit, kept)
    grid = table(
        texts, ids.RULES_ROWS, COLUMNS, rows, titles="office.rules", empty="office.rules.none",
        key="id", chosen=next(iter(rows), None), rowSelection=ONE_ROW,
    )  # fmt: skip
    may = visit.session.role in EDITORS
    tools = [dmc.Button(texts("office.rules.new"), id=ids.RULES_NEW, variant="default", size="sm")] if may else []
    on = sum(one.enabled for one in kept)
    first = chosen(visit, rows[0]["id"]) if rows else None
    head = page_head(
        texts("office.rules.title"),
        facts=html.Span(texts("office.rules.facts", n=len(kept), on=on), id=ids.RULES_FACTS),
        tools=tools,
    )
    body = html.Div(
        [html.Div(grid, className="rules-list"), detail(visit, first, may=may)], className="office-body rules-body"
    )
    return html.Div([head, body, dcc.Interval(id=ids.RULES_TICK, interval=1500, disabled=True)], className="office-two")


@dataclass(frozen=True)
class Chosen:
    """What stands beside the list of one rule."""

    head: Any
    text: str
    history: Any
    trial: Any
    switch: str


def chosen(visit: Visit, rule_id: str) -> Chosen:
    """The chosen rule: in words, as text, its versions, its newest trial, and what its switch would do."""
    code = visit.session.subdistrict_code or ""
    with visit.services.asking(visit.session) as connection:
        kept = kept_rule(connection, rule_id, subdistrict_code=code)
        versions = versions_of(connection, rule_id, subdistrict_code=code)
    text = rule_text(kept.rule)
    trial, _ = trial_of(visit, text)
    return Chosen(head_of(kept, visit.texts), text, history_of(versions, visit), trial, switch_word(kept, visit.texts))


def switch_word(kept: KeptRule, texts: Texts) -> str:
    """What the switch does with a rule as it is now."""
    return texts("office.rules.switch_off" if kept.enabled else "office.rules.switch_on")


def trial_of(visit: Visit, text: str) -> tuple[Any, bool]:
    """The newest trial of the rule in the text, and whether nothing is waited for any more."""
    with visit.services.asking(visit.session) as connection:
        trials = trials_of(connection, parse_rule(text).id, subdistrict_code=visit.session.subdistrict_code or "")
        names = dict(community_choices(connection))
    waiting = any(one["purpose"] == "trial" and one["finished_at"] is None for one in trials)
    return trial_view(visit, trials, communities=names), not waiting


def detail(visit: Visit, first: Chosen | None, *, may: bool) -> Component:
    """The chosen rule, the first as the page comes."""
    texts = visit.texts
    unchosen = html.P(texts("office.rules.choose"), className="office-sentence")
    period = dmc.SegmentedControl(
        id=ids.RULES_WEEKS,
        data=[{"value": str(weeks), "label": texts("office.rules.weeks", n=weeks)} for weeks in PERIODS],
        value="26",
        size="sm",
    )
    editing = [
        dmc.TextInput(
            id=ids.RULES_WHY,
            placeholder=texts("office.rules.why_hint"),
            size="sm",
            **{"aria-label": texts("office.rules.why")},
        ),
        html.Div(
            [
                dmc.Button(texts("office.rules.save"), id=ids.RULES_SAVE, size="sm"),
                dmc.Button(first.switch if first else "", id=ids.RULES_SWITCH, variant="default", size="sm"),
            ],
            className="rules-buttons",
        ),
    ]  # fmt: skip
    trying = [period, dmc.Button(texts("office.rules.try"), id=ids.RULES_TRY, variant="default", size="sm")]
    return html.Div(
        [
            html.Div(first.head if first else unchosen, id=ids.RULES_HEAD),
            html.Div(
                [
                    html.Section(
                        [
                            html.H2(texts("office.rules.text")),
                            dmc.Textarea(
                                id=ids.RULES_TEXT,
                                value=first.text if first else "",
                                autosize=True,
                                minRows=9,
                                maxRows=15,
                                readOnly=not may,
                                classNames={"input": "office-mono"},
                                **{"aria-label": texts("office.rules.text")},
                            ),
                            *(editing if may else []),
                            html.H2(texts("office.rules.history")),
                            html.Div(first.history if first else None, id=ids.RULES_HISTORY),
                        ]
                    ),
                    html.Section(
                        [
                            html.Div(
                                [html.H2(texts("office.rules.trial")), *(trying if may else [])],
                                className="rules-trial-head",
                            ),
                            html.Div(first.trial if first else None, id=ids.RULES_TRIAL),
                        ]
                    ),
                ],
                id=ids.RULES_DETAIL,
                className="rules-detail",
                hidden=first is None,
            ),
        ],
        className="rules-chosen",
    )


def head_of(kept: KeptRule, texts: Texts) -> Component:
    """The chosen rule in words."""
    rule = kept.rule
    slow = texts("office.rules.slow" if isinstance(rule, DETECTED) else "office.rules.quick")
    state = texts("office.rules.on" if kept.enabled else "office.rules.off")
    return html.Div(
        [
            html.Div(
                [html.H2(title_of(rule, texts)), html.Span(f"{state} · {slow}", className="facts")],
                className="rules-name",
            ),
            html.P(rule_words(rule, texts)),
            html.Ul(
                [
                    html.Li([html.Span(texts(f"alerts.level.{level}"), className=f"rules-level level-{level}"), said])
                    for level, said in level_words(rule, texts)
                ],
                className="rules-levels",
            ),
            html.P(texts("office.rules.clears", h=f"{rule.clear_after_h:g}"), className="facts"),
        ],
        className="rules-words",
    )


def history_of(versions: list[KeptRule], visit: Visit) -> Component:
    """Who changed the rule, when and why."""
    texts = visit.texts
    return html.Ol(
        [
            html.Li(
                [
                    html.Strong(texts("office.rules.version_n", n=one.version)),
                    html.Span(
                        " · ".join(
                            part
                            for part in (
                                visit.local(one.changed_at, "%Y-%m-%d %H:%M"),
                                one.changed_by or texts("office.rules.shipped"),
                                texts("office.rules.on" if one.enabled else "office.rules.off"),
                            )
                            if part
                        ),
                        className="facts",
                    ),
                    html.Div(one.why),
                ]
            )
            for one in versions
        ],
        className="rules-history",
    )
