"""Layers of the data catalogue: what each shows in a cell, compound or community, traced like a figure."""

from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from access.administration import community_choices
from dashboard import ids
from dashboard.figures.layer_trace import (
    LayerTraced,
    compounds,
    definition_of,
    layer_rows,
    meanings,
    trace_layer,
    traced_layer,
    unit_asked,
)
from dashboard.figures.trace import month_before
from dashboard.office.catalogue.figures import BATCHES_SHOWN, RECORDS_SHOWN, batch_words, records_table
from dashboard.office.catalogue.tables import lasting
from dashboard.office.page import Visit
from dashboard.office.parts import ONE_ROW, table
from gis.errors import FengqiaoError
from gis.texts import Texts
from layers.catalogue import Layer, catalogue

COLUMNS = (
    {"field": "name", "flex": 1, "minWidth": 136, "filter": True},
    {"field": "group", "width": 108, "filter": True},
    {"field": "units", "width": 212},
    {"field": "id", "width": 234, "cellClass": "office-mono"},
)


def traceable(visit: Visit) -> list[Layer]:
    """Layers of cells that the asker may see."""
    return [layer for layer in catalogue().visible_to(visit.session.role) if layer.geometry == "cell"]


def layers_view(visit: Visit) -> Component:
    """The list at the left; the unit and the chosen layer at the right."""
    texts = visit.texts
    rows = layer_rows_shown(visit)
    wanted = visit.query.get("layer")
    first = next((row for row in rows if row["id"] == wanted), rows[0] if rows else None)
    grid = table(
        texts, ids.LAYERS_ROWS, COLUMNS, rows, titles="layers_traced", empty="layers_traced.none", key="id",
        chosen=first, rowSelection=ONE_ROW,
    )  # fmt: skip
    with visit.services.asking(visit.session) as connection:
        communities = community_choices(connection)
        homes = compounds(connection, visit.session.subdistrict_code or "")
    cell, compound, community = (visit.query.get(name) for name in ("cell", "compound", "community"))
    pickers = html.Div(
        [
            dmc.Select(
                id=ids.LAYERS_COMMUNITY, label=texts("layers_traced.community"), clearable=True, value=community,
                data=[{"value": code, "label": name} for code, name in communities],
            ),
            dmc.Select(
                id=ids.LAYERS_COMPOUND, label=texts("layers_traced.compound"), clearable=True, searchable=True,
                value=compound, data=[{"value": one, "label": name} for one, name in homes],
            ),
            dmc.TextInput(
                id=ids.LAYERS_CELL, label=texts("layers_traced.cell"), value=cell or "", debounce=400,
                placeholder="8a30981a5c57fff",
            ),
        ],
        className="catalogue-units",
    )  # fmt: skip
    chosen = html.Div(
        layer_part(visit, first["id"] if first else None, cell=cell, compound=compound, community=community),
        id=ids.LAYERS_CHOSEN,
    )
    side = html.Div([pickers, chosen], className="catalogue-chosen")
    return html.Div([html.Div(grid), side], className="office-body catalogue-body")


def layer_rows_shown(visit: Visit) -> list[dict[str, Any]]:
    """One row per layer."""
    texts, language = visit.texts, visit.texts.language
    return [
        {
            "id": layer.id,
            "name": layer.name.in_language(language),
            "group": catalogue().groups[layer.group].in_language(language),
            "units": texts.words(
                texts(f"layers_traced.of.{kind}") for kind in ("cell", *meanings()[layer.source.kind].units)
            ),
        }
        for layer in traceable(visit)
    ]


def layer_part(
    visit: Visit, layer_id: str | None, *, cell: str | None, compound: str | None, community: str | None
) -> list[Component]:
    """Everything about a layer's value in a unit; a sentence where there is none."""
    texts = visit.texts
    if not layer_id:
        return [html.P(texts("layers_traced.choose"), className="facts")]
    # of several that are filled in the narrowest counts
    cell = (cell or "").strip().lower() or None
    home = None if cell else int(compound) if compound else None
    try:
        layer = traced_layer(layer_id, visit.session.role)
        unit = unit_asked(
            visit.session, cell=cell, compound=home, community=None if cell or home is not None else community or None
        )
        asked = month_before(visit.services.database, visit.session, now=visit.now)
        with visit.services.database.owner.connect() as owner, visit.services.asking(visit.session) as asking:
            one = trace_layer(owner, asking, layer, unit, asked)
            records = layer_rows(asking, layer, unit, asked, limit=RECORDS_SHOWN, offset=0)
    except FengqiaoError as fault:
        return [*meaning_part(layer_id, texts), html.P(fault.within(texts.language), className="facts")]
    return [
        *meaning_part(layer_id, texts),
        html.P([html.B(value_words(one, texts)), f" {unit_words(layer, texts)} · {age_words(one, texts)}"]),
        html.H3(texts("figures.query")),
        html.Ul([html.Li(f"{query.statement} @ {query.version}", className="office-mono") for query in one.queries]),
        html.H3(from_words(one, texts)),
        html.Ul([html.Li(batch_said(visit, one, part)) for part in one.batches[:BATCHES_SHOWN]]),
        html.H3(records_words(one, texts)),
        records_table(visit, records),
    ]


def meaning_part(layer_id: str, texts: Texts) -> list[Component]:
    layer = catalogue().layer(layer_id)
    name = layer.name.in_language(texts.language)
    return [
        html.H2([name, html.Span(f"　{layer.id}", className="office-mono")]),
        html.P(definition_of(layer).in_language(texts.language)),
    ]


def unit_words(layer: Layer, texts: Texts) -> str:
    return layer.legend.unit.in_language(texts.language) if layer.legend.unit else ""


def value_words(one: LayerTraced, texts: Texts) -> str:
    """A value in whole numbers where it counts, with one digit where it measures; or why there is none."""
    if one.value is None:
        return texts("layers_traced.suppressed" if one.suppressed else "layers_traced.nothing")
    said = f"{one.value:,.0f}" if float(one.value).is_integer() else f"{one.value:,.1f}"
    return texts("layers_traced.estimated", value=said) if one.estimated else said


def age_words(one: LayerTraced, texts: Texts) -> str:
    """How old it is, and whether that is too old."""
    if one.age_s is None:
        return texts("catalogue.absent")
    return texts("catalogue.age.late" if one.late else "catalogue.age.of", age=lasting(one.age_s, texts))


def from_words(one: LayerTraced, texts: Texts) -> str:
    if one.records is None:
        return texts("layers_traced.from", batches=len(one.batches))
    return texts("figures.from", records=f"{one.records:,}", batches=len(one.batches))


def batch_said(visit: Visit, one: LayerTraced, part: Any) -> str:
    """A batch; of persons without a number."""
    if one.records is not None or part.batch_id is None:
        return batch_words(visit, part) if one.records is not None else visit.texts("layers_traced.by_hand")
    at = visit.local(part.finished_at, "%Y-%m-%d %H:%M")
    return visit.texts("layers_traced.batch", id=part.batch_id, source=part.source or "", at=at)


def records_words(one: LayerTraced, texts: Texts) -> str:
    if one.records is None:
        return texts("layers_traced.records", readable=f"{one.readable:,}")
    return texts("figures.records", readable=f"{one.readable:,}", total=f"{one.records:,}")
