"""Tables of the data catalogue: what they are called, where they come from, how fresh and complete, who reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from access.interfaces import list_interfaces
from dashboard import ids
from dashboard.dictionary.schema import SCHEMAS, STATEMENTS, TableEntry, meaning, select_tables, table_title
from dashboard.dictionary.schema import column_title as house_title
from dashboard.dictionary.uses import Use, uses_by_table
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, table
from gis.texts import Texts

COLUMNS = (
    {"field": "called", "flex": 4, "minWidth": 150, "filter": True},
    {"field": "rows", "width": 92, "type": "rightAligned"},
    {"field": "sources", "flex": 3, "minWidth": 120},
    {"field": "age", "width": 92},
    {"field": "completeness", "width": 92, "type": "rightAligned"},
    {"field": "uses", "width": 78, "type": "rightAligned"},
)
#: the table that stands beside the list as the page comes
CHOSEN_FIRST = "base.incident"


@dataclass(frozen=True)
class Listed:
    """Everything the catalogue shows."""

    tables: Sequence[TableEntry]
    feeds: Sequence[Mapping[str, Any]]
    uses: Mapping[str, Sequence[Use]]

    def feeds_of(self, table_name: str) -> list[Mapping[str, Any]]:
        """The feeds that fill a table."""
        return [feed for feed in self.feeds if feed["table_name"] == table_name]


def listed(visit: Visit) -> Listed:
    """Select tables, feeds and readers. The schema is no secret and needs the owner's statistics; rows are not read."""
    with visit.services.database.owner.connect() as connection:
        tables = select_tables(connection)
        bound = {"code": visit.session.subdistrict_code or ""}
        feeds = [dict(row) for row in connection.execute(STATEMENTS["feeds"], bound).mappings()]
        interfaces = list_interfaces(connection)
    return Listed(tables, feeds, uses_by_table(interfaces, visit.texts))


def tables_view(visit: Visit, found: Listed) -> Component:
    """The list at the left, the chosen table at the right."""
    texts = visit.texts
    grid = table(
        texts, ids.CATALOGUE_ROWS, COLUMNS, table_rows(visit, found), titles="catalogue", empty="catalogue.none",
        key="table", chosen={"table": CHOSEN_FIRST}, rowSelection=ONE_ROW,
    )  # fmt: skip
    chosen = html.Div(table_part(visit, CHOSEN_FIRST, found), id=ids.CATALOGUE_CHOSEN, className="catalogue-chosen")
    return html.Div([html.Div(grid), chosen], className="office-body catalogue-body")


def table_rows(visit: Visit, found: Listed) -> list[dict[str, Any]]:
    """One row per table, as text."""
    texts = visit.texts
    rows = []
    schemas = list(SCHEMAS)
    for one in sorted(found.tables, key=lambda one: schemas.index(one.schema)):
        feeds = found.feeds_of(one.name)
        newest = max((feed["newest_at"] for feed in feeds if feed["newest_at"]), default=None)
        shares = [feed["completeness"] for feed in feeds if feed["completeness"] is not None]
        rows.append(
            {
                "table": one.name,
                "called": table_title(one.name, texts.language),
                "rows": "" if one.rows is None else f"{one.rows:,}",
                "sources": texts.words(feed["title"] for feed in feeds) or origin(one, texts),
                "age": lasting((visit.now - newest).total_seconds(), texts) if newest else "",
                "completeness": percent(min(shares), texts) if shares else "",
                "uses": len(found.uses.get(one.name, ())),
            }
        )
    return rows


def origin(one: TableEntry, texts: Texts) -> str:
    """Where a table without a feed comes from: written here, or nothing was delivered yet."""
    return texts("catalogue.derived" if one.rows or one.schema != "base" else "catalogue.absent")


def table_part(visit: Visit, name: str | None, found: Listed | None = None) -> list[Component]:
    """Everything about one table."""
    texts = visit.texts
    found = found or listed(visit)
    one = next((one for one in found.tables if one.name == name), None)
    if one is None:
        return [html.P(texts("catalogue.choose"), className="facts")]
    feeds = found.feeds_of(one.name)
    guarded = [html.Span(f" · {texts('catalogue.guarded')}", className="facts")] if one.guarded else []
    title = table_title(one.name, texts.language)
    said = [html.P(meaning(one.comment, texts.language), className="facts")] if one.comment else []
    return [
        html.H2([title, html.Span(f"　{one.name}", className="office-mono"), *guarded]),
        *said,
        *(html.P(feed_words(visit, feed), className="facts") for feed in feeds),
        html.H3(texts("catalogue.readers")),
        readers(found.uses.get(one.name, ()), texts),
        columns_table(one, feeds, texts),
    ]


def feed_words(visit: Visit, feed: Mapping[str, Any]) -> str:
    """How fresh and complete a feed is, in one line."""
    texts = visit.texts
    age = lasting((visit.now - feed["newest_at"]).total_seconds(), texts) if feed["newest_at"] else ""
    return texts(
        "catalogue.feed",
        title=feed["title"],
        age=texts("catalogue.age.of", age=age) if age else "",
        completeness=percent(feed["completeness"], texts),
        accepted=percent(feed["accepted_share"], texts),
        placed=percent(feed["placed_share"], texts),
        filled=percent(feed["filled_share"], texts),
    )


def readers(uses: Sequence[Use], texts: Texts) -> Component:
    """Who reads the table, by kind."""
    by_kind: dict[str, list[str]] = {}
    for use in uses:
        by_kind.setdefault(use.kind, []).append(use.title)
    lines = [
        html.Li(f"{texts(f'catalogue.readers.{kind}')} {len(titles)}：{'、'.join(titles)}")
        for kind, titles in by_kind.items()
    ]
    return html.Ul(lines) if lines else html.P(texts("catalogue.readers.none"), className="facts")


def columns_table(one: TableEntry, feeds: Sequence[Mapping[str, Any]], texts: Texts) -> Component:
    """The columns with meaning, type, unit and the share that is filled."""
    said = {column["name"]: column for feed in feeds for column in feed["fields"] or ()}
    head = html.Tr(
        [
            html.Th(texts(f"catalogue.{name}"), className=mark)
            for name, mark in (("column", ""), ("meaning", ""), ("type", ""), ("unit", ""), ("filled", "number"))
        ]
    )
    body = [
        html.Tr(
            [
                html.Td([column_title(column.name, said, texts), html.Span(column.name, className="office-mono")]),
                html.Td(meaning(column.comment, texts.language)),
                html.Td(column.type, className="office-mono"),
                html.Td(column.unit(texts.language)),
                html.Td(
                    percent(None if column.empty_share is None else 1 - column.empty_share, texts), className="number"
                ),
            ]
        )
        for column in one.columns
    ]
    return html.Table([html.Thead(head), html.Tbody(body)], className="catalogue-columns")


def column_title(name: str, said: Mapping[str, Mapping[str, str]], texts: Texts) -> str:
    """What a column is called: as its feed declares it, else by the words of the house, else by its name."""
    if name in said:
        return said[name][texts.language]
    return house_title(name, texts.language)


def percent(share: float | None, texts: Texts) -> str:
    """A share in whole percent, one digit below 99.5 where it matters; says so where it was not measured."""
    if share is None:
        return texts("catalogue.never")
    return f"{100 * share:.1f}%" if share < 1 else "100%"


def lasting(seconds: float, texts: Texts) -> str:
    """A time span in its largest unit."""
    if seconds >= 86_400:
        return texts("catalogue.days", n=int(seconds // 86_400))
    if seconds >= 3_600:
        return texts("catalogue.hours", n=int(seconds // 3_600))
    return texts("catalogue.minutes", n=max(int(seconds // 60), 0))
