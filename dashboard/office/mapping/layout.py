"""What the page consists of: heading sets at the left; at the right the chosen one, a row per column of its feed."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard import ids
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, page_head, table
from dashboard.office.uploads import LARGEST
from etl.mapping import HeadingsToMatch, columns_to_match, communities_of, feeds_to_match, select_headings, suggest_for

#: between words in a cell: 未处理=待派遣；已处理=已办结
BETWEEN_WORDS, MEANS = "；", "="
#: what goes with the heading that stands in a row now, in the page's own language
SAMPLES = "(params.data.known[params.data.heading] || []).join(' ｜ ')"
LIKENESS = "params.data.heading && params.data.heading === params.data.likely ? params.data.likeness : ''"


def layout(visit: Visit) -> Component:
    """Return the page with the sets that wait first."""
    texts = visit.texts
    kept = kept_headings(visit)
    tools = [
        dmc.Select(
            id=ids.MAPPING_FEED,
            data=feeds_to_match(texts),
            value="incidents",
            allowDeselect=False,
            searchable=True,
            size="sm",
            w=200,
            **{"aria-label": texts("office.mapping.feed")},
        ),
        dcc.Upload(
            dmc.Button(texts("office.mapping.show_file"), variant="default", size="sm"),
            id=ids.MAPPING_FILE,
            max_size=LARGEST,
        ),
    ]
    said = html.Span(facts(visit, kept), id=ids.MAPPING_FACTS)
    head = page_head(texts("office.mapping.title"), facts=said, tools=tools)
    columns = [
        {"field": "source", "flex": 1},
        {"field": "feed", "width": 116},
        {"field": "state", "width": 92},
    ]
    rows = heading_rows(visit, kept)
    first = kept[0] if kept else None
    listed = table(
        texts, ids.MAPPING_ROWS, columns, rows, titles="office.mapping", empty="office.mapping.none",
        key="id", chosen=next(iter(rows), None), rowSelection=ONE_ROW,
    )  # fmt: skip
    chosen = html.Div(
        [
            html.Div(
                head_of(first, visit) if first else texts("office.mapping.how"),
                id=ids.MAPPING_HEAD,
                className="mapping-head",
            ),
            html.Div(headings_of(first, visit) if first else None, id=ids.MAPPING_HEADINGS, className="facts"),
            html.Div(matching_table(visit, first), className="mapping-grid"),
            html.Div(
                [
                    dmc.Button(
                        texts("office.mapping.suggest"), id=ids.MAPPING_SUGGEST, variant="default", disabled=not first
                    ),
                    dmc.Button(texts("office.mapping.save"), id=ids.MAPPING_SAVE, disabled=not first),
                    html.Span(texts("office.mapping.hint"), className="facts"),
                ],
                className="rules-buttons mapping-buttons",
            ),
        ],
        className="mapping-chosen",
    )
    body = html.Div([html.Div(listed, className="rules-list"), chosen], className="office-body mapping-body")
    return html.Div([head, body], className="office-two")


def matching_table(visit: Visit, first: HeadingsToMatch | None) -> Component:
    """The table of columns of the first set; empty where there is none."""
    texts = visit.texts
    columns = [
        {"field": "column", "width": 150, "tooltipField": "hint"},
        {"field": "heading", "width": 190, "editable": True, "cellClass": "mapping-edit", **heading_choice(first)},
        {"field": "likeness", "width": 86, "cellClass": "mapping-number", "valueGetter": {"function": LIKENESS}},
        {"field": "samples", "flex": 1, "valueGetter": {"function": SAMPLES}},
        {"field": "default", "width": 120, "editable": True, "cellClass": "mapping-edit"},
        {"field": "words", "width": 180, "editable": True, "cellClass": "mapping-edit", "tooltipField": "words"},
    ]
    return table(
        texts, ids.MAPPING_COLUMNS, columns, column_rows(first, visit, anew=False) if first else [],
        titles="office.mapping", empty="office.mapping.choose",
        singleClickEdit=True, stopEditingWhenCellsLoseFocus=True,
    )  # fmt: skip


def heading_choice(one: HeadingsToMatch | None) -> dict[str, Any]:
    """The headings a cell can be given."""
    values = ["", *one.headings] if one else [""]
    return {"cellEditor": "agSelectCellEditor", "cellEditorParams": {"values": values}}


def kept_headings(visit: Visit) -> list[HeadingsToMatch]:
    """The heading sets the asker may see."""
    with visit.services.asking(visit.session) as connection:
        return select_headings(connection)


def facts(visit: Visit, kept: Sequence[HeadingsToMatch]) -> str:
    """How many sets wait, and how many are decided."""
    waiting = sum(one.decided_at is None for one in kept)
    return visit.texts("office.mapping.facts", waiting=waiting, decided=len(kept) - waiting)


def heading_rows(visit: Visit, kept: Sequence[HeadingsToMatch]) -> list[dict[str, Any]]:
    """The rows of the list."""
    texts = visit.texts
    return [
        {
            "id": one.id,
            "source": one.source,
            "feed": texts(f"feeds.{one.feed}"),
            "state": texts("office.mapping.waits" if one.decided_at is None else "office.mapping.decided"),
        }
        for one in kept
    ]


def head_of(one: HeadingsToMatch, visit: Visit) -> list[Component]:
    """What the chosen set is, and who decided it when."""
    texts = visit.texts
    said = (
        texts("office.mapping.seen", at=visit.local(one.seen_at, "%Y-%m-%d %H:%M"))
        if one.decided_at is None
        else texts("office.mapping.by", at=visit.local(one.decided_at, "%Y-%m-%d %H:%M"), by=one.decided_by)
    )
    title = f"{one.source} → {texts(f'feeds.{one.feed}')}"
    return [html.H2(title), html.Span(said, className="facts")]


def headings_of(one: HeadingsToMatch, visit: Visit) -> str:
    """The file's headings in their order, to be looked over for one that was forgotten."""
    between = visit.texts("office.mapping.between")
    return visit.texts("office.mapping.headings", n=len(one.headings), names=between.join(one.headings))


def column_rows(one: HeadingsToMatch, visit: Visit, *, anew: bool) -> list[dict[str, Any]]:
    """A row per column of the feed: as decided, or as suggested where nothing is or `anew`."""
    with visit.services.asking(visit.session) as connection:
        found = {each.name: each for each in suggest_for(one, communities=communities_of(connection))}
    decided = one.decided_at is not None and not anew
    chinese = visit.texts.language == "zh"
    rows = []
    for name, column in columns_to_match(one).items():
        heading = one.mapping.get(name, "") if decided else found[name].heading
        rows.append(
            {
                "name": name,
                "column": (column.zh if chinese else column.en) + (" *" if column.required else ""),
                "hint": f"{name} · {column.en} · {column.kind}",
                "heading": heading,
                "likely": found[name].heading,
                "likeness": f"{found[name].score:.0%}",
                "known": {each: list(values) for each, values in one.samples.items()},
                "default": one.defaults.get(name, "") if decided else "",
                "words": written_words(one.words.get(name, {})) if decided else "",
            }
        )
    return rows


def written_words(words: Any) -> str:
    """Write words and what they mean into a cell."""
    return BETWEEN_WORDS.join(f"{word}{MEANS}{meant}" for word, meant in words.items())
