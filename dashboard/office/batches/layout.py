"""What the page consists of: the ledger at the left, the chosen batch and the way in for a file at the right."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy import text

from dashboard import ids
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, page_head, table
from dashboard.office.uploads import LARGEST
from etl.changes import BatchForms, TableChanges, changes_of
from etl.feeds import FEEDS
from etl.kept import FOLDER, KeptFiles
from etl.ledger import batches
from etl.preview import Previewed
from etl.undo import find_batch, named, obstacles, table_name
from gis.identity import identity_keys

#: batches shown, newest first
MOST_SHOWN = 500
#: may undo, replay and load
ROLES = ("operator",)
FIGURE = {
    "type": "rightAligned",
    "valueFormatter": {"function": "params.value == null ? '' : d3.format(',')(params.value)"},
}


def layout(visit: Visit) -> Component:
    """Return the page."""
    texts = visit.texts
    rows = ledger_rows(visit)
    columns = [
        {"field": "id", "width": 66, "type": "rightAligned"},
        {"field": "feed", "flex": 1, "minWidth": 130, "filter": True},
        {"field": "origin", "width": 86},
        {"field": "read", "width": 78, **FIGURE},
        {"field": "counted", "width": 92, **FIGURE},
        {"field": "loaded", "width": 78, **FIGURE},
        {"field": "unchanged", "width": 98, **FIGURE},
        {"field": "quarantined", "width": 84, **FIGURE},
        {"field": "unplaced", "width": 92, **FIGURE},
        {"field": "sums", "width": 76},
        {"field": "started", "width": 118},
    ]
    ledger = table(
        texts, ids.BATCHES_ROWS, columns, rows, titles="office.batches", empty="office.batches.none",
        key="id", chosen=next(iter(rows), None), rowSelection=ONE_ROW,
        rowClassRules={"batches-undone": "params.data.undone"},
    )  # fmt: skip
    switch = dmc.Switch(id=ids.BATCHES_REPORTS, label=texts("office.batches.reports"), checked=False, size="sm")
    counted = html.Span(facts(visit, rows), id=ids.BATCHES_FACTS)
    head = page_head(texts("office.batches.title"), facts=counted, tools=[switch])
    shown = chosen_batch(visit, rows[0]["id"]) if rows else html.P(texts("office.batches.choose"))
    side = [html.Section(html.Div(shown, id=ids.BATCHES_CHOSEN))]
    if visit.session.role in ROLES:
        side += [html.Section(actions(rows, visit)), html.Section(way_in(visit))]
    body = html.Div(
        [html.Div(ledger), html.Div(side, className="office-side batches-side")], className="office-body office-beside"
    )
    return html.Div([head, body], className="office-two")


def actions(rows: Sequence[dict[str, Any]], visit: Visit) -> list[Component]:
    """What can be done with the chosen batch, the newest as the page comes."""
    texts = visit.texts
    undone = not rows or bool(rows[0]["undone"])
    return [
        html.Div(
            [
                dmc.Button(texts("office.batches.undo"), id=ids.BATCHES_UNDO, size="sm", disabled=undone),
                dmc.Button(
                    texts("office.batches.replay"),
                    id=ids.BATCHES_REPLAY,
                    size="sm",
                    variant="default",
                    disabled=not rows,
                ),
            ],
            className="rules-buttons",
        )
    ]


def way_in(visit: Visit) -> list[Component]:
    """A file is handed over, previewed, and loaded."""
    texts = visit.texts
    return [
        html.H2(texts("office.batches.way_in")),
        dmc.Select(
            id=ids.BATCHES_FEED,
            data=feed_choices(visit),
            placeholder=texts("office.batches.which_feed"),
            searchable=True,
            size="sm",
            **{"aria-label": texts("office.batches.which_feed")},
        ),
        dcc.Upload(
            html.Div(texts("office.batches.hand_over"), id=ids.BATCHES_FILE_NAME),
            id=ids.BATCHES_FILE,
            max_size=LARGEST,
            className="batches-file",
        ),
        html.Div(
            [
                dmc.Button(texts("office.batches.preview"), id=ids.BATCHES_PREVIEW, size="sm", variant="default"),
                dmc.Button(texts("office.batches.load"), id=ids.BATCHES_LOAD, size="sm", disabled=True),
            ],
            className="rules-buttons",
        ),
        html.Div(id=ids.BATCHES_PREVIEWED),
    ]


def feed_choices(visit: Visit) -> list[dict[str, str]]:
    """Feeds that were delivered before: how their files are read is known."""
    code = visit.session.subdistrict_code or ""
    with visit.services.asking(visit.session) as connection:
        rows = connection.execute(
            text(
                "SELECT name, coalesce(kind, name) AS kind, title FROM support.feed"
                " WHERE subdistrict_code = :code ORDER BY name"
            ),
            {"code": code},
        ).all()
    return [{"value": row.name, "label": spoken(visit, row.name, row.title)} for row in rows if row.kind in FEEDS]


def spoken(visit: Visit, feed: str, title: str) -> str:
    """What a feed is called: by the catalogue, or as its delivery names it."""
    key = f"feeds.{feed}"
    return visit.texts(key) if key in visit.texts.by_key else title


def kept(visit: Visit) -> KeptFiles:
    """Where this installation keeps what was delivered."""
    folder = visit.services.settings.geodatabase.var_dir / FOLDER
    return KeptFiles(folder, identity_keys(visit.services.database.secrets))


def ledger_rows(visit: Visit, *, reports: bool = False) -> list[dict[str, Any]]:
    """The ledger, newest first; single reports over the interface when they are asked for."""
    texts, code = visit.texts, visit.session.subdistrict_code or ""
    with visit.services.asking(visit.session) as connection:
        rows = batches(connection, subdistrict_code=code, most=MOST_SHOWN, reports=reports)
    return [
        {
            "id": row.id,
            "feed": spoken(visit, row.feed, row.title),
            "origin": texts(f"batches.origin_{row.origin}"),
            **{
                name: getattr(row, name)
                for name in ("read", "counted", "loaded", "unchanged", "quarantined", "unplaced")
            },
            "sums": sums_said(visit, row),
            "started": visit.local(row.started_at, "%m-%d %H:%M"),
            "undone": row.undone_at is not None,
        }
        for row in rows
    ]


def sums_said(visit: Visit, row: Any) -> str:
    """Whether the four counts add up to what was read, and that is what was counted apart; or that it is undone."""
    if row.undone_at is not None:
        return visit.texts("office.batches.was_undone")
    adds_up = row.read == row.loaded + row.unchanged + row.quarantined + row.unplaced
    if not adds_up or row.counted not in (None, row.read):
        return visit.texts("office.batches.differs")
    return visit.texts("office.batches.agrees" if row.counted is not None else "office.batches.adds_up")


def facts(visit: Visit, rows: Sequence[dict[str, Any]]) -> str:
    """How many batches, and how many rows they brought."""
    standing = [row for row in rows if not row["undone"]]
    return visit.texts(
        "office.batches.facts", n=f"{len(rows):,}", read=f"{sum(row['read'] for row in standing):,}",
        undone=len(rows) - len(standing),
    )  # fmt: skip


def chosen_batch(visit: Visit, batch_id: int) -> list[Component]:
    """One batch: where it came from, by what it was made, what it changed, and what holds it."""
    texts = visit.texts
    with visit.services.database.owner.connect() as connection, connection.begin():
        batch = find_batch(connection, batch_id)
        if batch.subdistrict_code != visit.session.subdistrict_code:
            return [html.P(texts("office.batches.choose"))]
        standing = batch.undone_at is None and batch.recorded_at is not None
        changes = changes_of(connection, BatchForms(batch.id, batch.recorded_at), sample=0) if standing else []
        held = obstacles(connection, batch, kept(visit))
    facts_of = [
        ("source", batch.source),
        ("actor", batch.actor),
        ("state", texts("batches.undone_by", by=batch.undone_by) if batch.undone_at else ""),
        ("hash", (batch.content_hash or "")[:16]),
        ("code", batch.versions.get("code", "")),
        ("geocoder", batch.versions.get("geocoder", "")),
        ("gazetteer", batch.versions.get("gazetteer", "")),
        ("pixels", "" if batch.pixels is None else f"{batch.pixels:,}"),
        ("seconds", "" if batch.seconds is None else f"{batch.seconds:,.1f}"),
    ]
    told = [texts(f"undo.{code}", **named(values, texts)) for code, values in held[:3]]
    return [
        html.H2(texts("office.batches.chosen", n=batch.id, feed=spoken(visit, batch.feed, batch.title or batch.feed))),
        html.Dl(
            [
                part
                for name, said in facts_of
                if said
                for part in (html.Dt(texts(f"office.batches.{name}")), html.Dd(said))
            ],
            className="batches-facts",
        ),
        *level_bars(batch.levels, visit),
        *([html.H3(texts("office.batches.brought")), changes_list(changes, visit, batch.kind)] if changes else []),
        html.H3(texts("office.batches.undoing")),
        html.Ul([html.Li(one) for one in told] or [html.Li(texts("office.batches.free"))], className="batches-held"),
    ]


def level_bars(levels: dict[str, int], visit: Visit) -> list[Component]:
    """How precisely its rows were placed; nothing for feeds that are not."""
    total = sum(levels.values())
    if not total:
        return []
    bars = [
        html.Div(
            [
                html.Span(visit.texts(f"load.level_{level}")),
                html.I(style={"width": f"{100 * count / total:.1f}%"}),
                html.B(f"{count:,}"),
            ]
        )
        for level, count in sorted(levels.items(), key=lambda one: -one[1])
    ]
    return [html.H3(visit.texts("office.batches.levels")), html.Div(bars, className="batches-levels")]


def changes_list(tables: Sequence[TableChanges], visit: Visit, kind: str) -> Component:
    """Records by table: new, changed, in which columns."""
    texts = visit.texts
    rows = []
    for change in tables:
        columns = texts.words(
            f"{column_name(visit, kind, name)} {count:,}" for name, count in list(change.columns.items())[:6]
        )
        rows.append(
            html.Tr(
                [html.Th(table_name(change.table, texts)), html.Td(f"{change.new:,}"), html.Td(f"{change.changed:,}")],
                title=columns,
            )
        )
        if columns:
            rows.append(html.Tr(html.Td(columns, colSpan=3, className="columns")))
    head = html.Tr(
        [html.Th(texts("batches.records")), html.Th(texts("batches.new")), html.Th(texts("batches.changed"))]
    )
    return html.Table([html.Thead(head), html.Tbody(rows)], className="batches-changes")


def column_name(visit: Visit, kind: str, column: str) -> str:
    """What a feed calls a column; its own name where the feed does not."""
    declared = FEEDS[kind].declaration.columns.get(column) if kind in FEEDS else None
    if declared is None:
        return column
    return declared.zh if visit.texts.language == "zh" else declared.en


def previewed(found: Sequence[Previewed], visit: Visit, kind: str) -> list[Component]:
    """What a file would do."""
    texts = visit.texts
    parts: list[Component] = []
    for one in found:
        figures = [
            (name, getattr(one.result, name)) for name in ("read", "loaded", "unchanged", "quarantined", "unplaced")
        ]
        parts.append(
            html.Dl(
                [html.Div([html.Dt(texts(f"load.{name}")), html.Dd(f"{count:,}")]) for name, count in figures],
                className="batches-figures",
            )
        )
        if one.tables:
            parts.append(changes_list(one.tables, visit, kind))
    return [*parts, html.P(texts("batches.nothing_written"), className="facts")]
