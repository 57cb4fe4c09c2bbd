"""Figures of the data catalogue: each with its value, and traced to statement, batches, age and records."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from access.administration import community_choices
from dashboard import ids
from dashboard.dictionary.schema import table_title
from dashboard.figures.catalogue import Figure, figure_named, figures
from dashboard.figures.trace import Traced, ask, feed_ages, parts_of, readable_rows, select_rows, trace
from dashboard.office.catalogue.tables import lasting
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, table
from gis.texts import Texts

COLUMNS = (
    {"field": "name", "flex": 1, "minWidth": 190, "filter": True},
    {"field": "unit", "width": 92},
    {"field": "shown", "width": 128},
    {"field": "age", "width": 112},
    {"field": "version", "width": 140, "cellClass": "office-mono"},
)
RECORDS_SHOWN = 12
BATCHES_SHOWN = 8


def figures_view(visit: Visit) -> Component:
    """The list at the left, the chosen figure at the right."""
    texts = visit.texts
    rows = figure_rows(visit)
    asked = visit.query.get("figure") or rows[0]["id"]
    grid = table(
        texts, ids.FIGURES_ROWS, COLUMNS, rows, titles="figures", empty="figures.none",
        key="id", chosen=next((row for row in rows if row["id"] == asked), None), rowSelection=ONE_ROW,
    )  # fmt: skip
    chosen = html.Div(figure_part(visit, asked), id=ids.FIGURES_CHOSEN, className="catalogue-chosen")
    return html.Div([html.Div(grid), chosen], className="office-body catalogue-body")


def figure_rows(visit: Visit) -> list[dict[str, Any]]:
    """One row per figure; it is counted when it is chosen."""
    texts = visit.texts
    names = sorted({feed for figure in figures().values() for feed in figure.feeds})
    with visit.services.database.owner.connect() as connection:
        asked = ask(connection, visit.session, month=None, community=None, now=visit.now)
        feeds = {feed.name: feed for feed in feed_ages(connection, names, asked)}
    return [
        {
            "id": figure.id,
            "name": title(figure, str(asked.month), texts),
            "unit": figure.unit.in_language(texts.language),
            "shown": texts.words(texts(f"figures.page.{page}") for page in figure.shown),
            "age": age_words(
                Traced(figure, None, (), tuple(feeds[name] for name in figure.feeds if name in feeds)), texts
            ),
            "version": " ".join(part.query.version for part in parts_of(figure) if part.query),
        }
        for figure in figures().values()
    ]


def title(figure: Figure, month: str, texts: Texts) -> str:
    """A figure's name; of one over a month, with the month."""
    name = figure.name.in_language(texts.language)
    return texts.noted(name, month) if figure.over == "month" else name


def value_words(one: Traced) -> str:
    """A count in whole numbers, a share or rate with one digit."""
    if one.value is None:
        return ""
    return f"{one.value:,.1f}" if one.figure.parts else f"{one.value:,.0f}"


def age_words(one: Traced, texts: Texts) -> str:
    """How old it is, and whether that is too old."""
    if one.age_s is None:
        return ""
    age = lasting(one.age_s, texts)
    return texts("catalogue.age.late" if one.late else "catalogue.age.of", age=age)


def figure_part(visit: Visit, figure_id: str | None) -> list[Component]:
    """Everything about one figure: definition, statement, batches, and the records the asker may read."""
    texts, language = visit.texts, visit.texts.language
    if not figure_id:
        return [html.P(texts("figures.choose"), className="facts")]
    figure = figure_named(figure_id)
    with visit.services.database.owner.connect() as connection:
        asked = ask(connection, visit.session, month=None, community=None, now=visit.now)
        one = trace(connection, figure, asked)
        total = trace(connection, parts_of(figure)[0], asked).records
    with visit.services.asking(visit.session) as connection:
        records = select_rows(connection, figure, asked, limit=RECORDS_SHOWN, offset=0)
        readable = readable_rows(connection, figure, asked)
    queries = [part.query for part in parts_of(figure) if part.query]
    return [
        html.H2([title(figure, str(asked.month), texts), html.Span(f"　{figure.id}", className="office-mono")]),
        html.P([html.B(value_words(one)), f" {figure.unit.in_language(language)} · {age_words(one, texts)}"]),
        html.H3(texts("figures.definition")),
        html.P(figure.definition.in_language(language)),
        html.H3(texts("figures.query")),
        html.Ul([html.Li(f"{query.statement} @ {query.version}", className="office-mono") for query in queries]),
        html.H3(texts("figures.from", records=f"{one.records:,}", batches=len(one.batches))),
        html.Ul([html.Li(batch_words(visit, part)) for part in one.batches[:BATCHES_SHOWN]]),
        html.H3(texts("figures.records", readable=f"{readable:,}", total=f"{total:,}")),
        records_table(visit, records),
    ]


def batch_words(visit: Visit, part: Any) -> str:
    """A batch with how many of the records it brought."""
    texts = visit.texts
    if part.batch_id is None:
        return texts("figures.by_hand", n=f"{part.records:,}")
    at = visit.local(part.finished_at, "%Y-%m-%d %H:%M")
    return texts("figures.batch", id=part.batch_id, source=part.source or "", n=f"{part.records:,}", at=at)


def records_table(visit: Visit, records: Sequence[dict[str, Any]]) -> Component:
    """The records: what it is, when, where, its state, the batch that brought it."""
    texts = visit.texts
    with visit.services.asking(visit.session) as connection:
        communities = dict(community_choices(connection))
    heads = ("record", "at", "community", "status", "batch")
    marks = ("", "", "", "", "number")
    head = html.Tr(
        [html.Th(texts(f"figures.records.{name}"), className=mark) for name, mark in zip(heads, marks, strict=True)]
    )
    rows = [
        html.Tr(
            [
                html.Td(cell, className=mark)
                for cell, mark in zip(record_cells(visit, record, communities), marks, strict=True)
            ]
        )
        for record in records
    ]
    return html.Table([html.Thead(head), html.Tbody(rows)], className="catalogue-columns")


def record_cells(visit: Visit, record: dict[str, Any], communities: Mapping[str, str]) -> tuple[str, ...]:
    """One record in words."""
    texts = visit.texts
    code, status = record["community_code"] or "", record["status"] or ""
    said = f"figures.status.{status}"
    return (
        f"{table_title(record['table_name'], texts.language)} {record['source_key'] or record['id']}",
        visit.local(record["at"], "%Y-%m-%d %H:%M"),
        communities.get(code, code),
        texts(said) if said in texts.by_key else status,
        "" if record["batch_id"] is None else str(record["batch_id"]),
    )
