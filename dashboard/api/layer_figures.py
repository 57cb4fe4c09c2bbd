"""Layers traced over HTTP: a value in a cell, compound or community, what it means, and what it was made of."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from access.sessions import Session
from dashboard.api.figures import BatchShown, QueryShown, RecordShown, shown
from dashboard.figures.layer_trace import (
    LayerTraced,
    Unit,
    definition_of,
    layer_rows,
    rows_readable,
    trace_layer,
    traced_layer,
    unit_asked,
)
from dashboard.figures.trace import BATCHES_SHOWN, Asked, month_before
from dashboard.services import Services, session_of
from layers.catalogue import Words

Asker = Annotated[Session, Depends(session_of)]
CellAsked = Annotated[str | None, Query(description="a cell, 15 hexadecimal characters", pattern="^[0-9a-f]{15}$")]
CompoundAsked = Annotated[int | None, Query(description="id of a compound or apartment area")]
CommunityAsked = Annotated[str | None, Query(description="code of a community")]


def asked_unit(
    session: Asker, cell: CellAsked = None, compound: CompoundAsked = None, community: CommunityAsked = None
) -> Unit:
    """The unit that a call names; the whole sub-district when it names none."""
    return unit_asked(session, cell=cell, compound=compound, community=community)


UnitAsked = Annotated[Unit, Depends(asked_unit)]


class LayerSheet(BaseModel):
    """What a layer shows in a unit, and everything it stands on."""

    layer: str
    name: Words
    definition: Words
    unit: Words | None
    of: str = Field(description="cell, compound, community or subdistrict")
    code: str
    as_of: datetime
    value: float | None = Field(description="null where it is not published or there is none")
    suppressed: bool = Field(description="fewer than five persons: withheld")
    estimated: bool
    query: list[QueryShown] = Field(description="by which the value comes about, and by which its records are selected")
    feeds: list[str]
    age_s: float | None = Field(description="of the newest event of its oldest feed [s]")
    late: bool
    records: int | None = Field(description="null for persons: their number is told to whoever may read them")
    readable: int = Field(description="records within the asker's rights")
    batches: list[BatchShown] = Field(
        description=f"newest first, {BATCHES_SHOWN} at most; of persons, of the whole layer"
    )
    batches_total: int
    rows: str


class LayerRecords(BaseModel):
    """Records behind a layer's value within the asker's rights, newest first."""

    readable: int
    records: list[RecordShown]
    next: int | None = Field(description="give it as `offset` for the next page; null at the end")


def sheet(traced: LayerTraced, asked: Asked) -> LayerSheet:
    """A traced layer as it is answered."""
    layer, guarded = traced.layer, traced.meaning.guarded
    batches = [
        BatchShown(
            **{name: getattr(part, name) for name in BatchShown.model_fields if name != "records"},
            records=None if guarded else part.records,
        )
        for part in traced.batches[:BATCHES_SHOWN]
    ]
    return LayerSheet(
        layer=layer.id,
        name=layer.name,
        definition=definition_of(layer),
        unit=layer.legend.unit,
        of=traced.unit.kind,
        code=traced.unit.code,
        as_of=asked.now,
        value=traced.value,
        suppressed=traced.suppressed,
        estimated=traced.estimated,
        query=[shown(query) for query in traced.queries],
        feeds=[feed.name for feed in traced.feeds],
        age_s=traced.age_s,
        late=traced.late,
        records=traced.records,
        readable=traced.readable,
        batches=batches,
        batches_total=len(traced.batches),
        rows=f"/api/layers/{layer.id}/trace/rows",
    )


def router(services: Services) -> APIRouter:
    """Mount /api/layers/{layer}/trace."""
    routes = APIRouter(tags=["layers"])

    def asked_by(session: Session) -> Asked:
        return month_before(services.database, session, now=services.clock())

    @routes.get("/api/layers/{layer_id}/trace", summary="A layer's value in a unit: meaning, statements, batches, age")
    def trace(layer_id: str, session: Asker, unit: UnitAsked) -> LayerSheet:
        layer, asked = traced_layer(layer_id, session.role), asked_by(session)
        with services.database.owner.connect() as owner, services.asking(session) as asking:
            return sheet(trace_layer(owner, asking, layer, unit, asked), asked)

    @routes.get("/api/layers/{layer_id}/trace/rows", summary="The records behind it, within the asker's rights")
    def rows(
        layer_id: str,
        session: Asker,
        unit: UnitAsked,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> LayerRecords:
        layer, asked = traced_layer(layer_id, session.role), asked_by(session)
        with services.asking(session) as asking:
            readable = rows_readable(asking, layer, unit, asked)
            found = layer_rows(asking, layer, unit, asked, limit=limit, offset=offset)
        following = offset + limit if offset + limit < readable else None
        return LayerRecords(readable=readable, records=[RecordShown(**row) for row in found], next=following)

    return routes
