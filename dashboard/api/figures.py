"""Figures over HTTP: what each means, its value, query version, batches and age; and, with rights, its records."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from access.sessions import Session
from dashboard.figures.catalogue import Figure, figure_named, figures
from dashboard.figures.catalogue import Query as Statement
from dashboard.figures.panels import Panel, panels
from dashboard.figures.trace import (
    BATCHES_SHOWN,
    Asked,
    Traced,
    ask,
    parts_of,
    readable_rows,
    select_rows,
    trace,
)
from dashboard.reports.month import parse_month
from dashboard.services import Services, session_of
from layers.catalogue import Words

Asker = Annotated[Session, Depends(session_of)]
MonthAsked = Annotated[str | None, Query(description="YYYY-MM, of figures over a month; default the last whole month")]
CommunityAsked = Annotated[str | None, Query(description="code of a community; default the whole sub-district")]


class QueryShown(BaseModel):
    """A statement and its version: the same version counts the same way."""

    statement: str = Field(description="package/file:name in the program's source")
    version: str = Field(description="of its text, white space and comments left out")


class FigureEntry(BaseModel):
    """One figure of the catalogue."""

    id: str
    name: Words
    definition: Words
    unit: Words
    over: str = Field(description="now, or a month")
    query: list[QueryShown] = Field(description="statements that select its records; two for a share or a rate")
    feeds: list[str]
    shown: dict[str, str] = Field(description="where it is seen, and by which statement")
    persons: bool = Field(description="its records are persons")


class FigureList(BaseModel):
    """The catalogue."""

    figures: list[FigureEntry]
    panels: list[Panel] = Field(description="parts of pages: counters, charts, tables, maps, with what each shows")


class BatchShown(BaseModel):
    """How many of the records a batch brought."""

    batch_id: int | None = Field(description="null = written here, not loaded")
    records: int | None = Field(description="null where a number would tell of persons")
    feed: str | None
    source: str | None
    finished_at: datetime | None
    versions: dict[str, Any] | None


class FigureSheet(FigureEntry):
    """A figure with its value and everything it stands on."""

    as_of: datetime
    community: str | None
    month: str | None
    value: float | None = Field(description="null where it would divide by nothing")
    records: int
    age_s: float | None = Field(description="of the newest event of its oldest feed [s]")
    late: bool
    batches: list[BatchShown] = Field(description=f"newest first, {BATCHES_SHOWN} at most")
    batches_total: int
    rows: str


class RecordShown(BaseModel):
    """One record of a figure; no name and no text."""

    table_name: str
    id: int
    source_key: str | None
    feed: str | None
    batch_id: int | None
    at: datetime | None
    community_code: str | None
    status: str | None


class RecordPage(BaseModel):
    """Records of a figure, newest first."""

    total: int = Field(description="records the figure was made of")
    readable: int = Field(description="of these, within the asker's rights")
    records: list[RecordShown]
    next: int | None = Field(description="give it as `offset` for the next page; null at the end")


def shown(statement: Statement) -> QueryShown:
    return QueryShown(statement=statement.statement, version=statement.version)


def entry(figure: Figure) -> dict[str, Any]:
    """What the catalogue says of a figure."""
    queries = [part.query for part in parts_of(figure)]
    return {
        "id": figure.id,
        "name": figure.name,
        "definition": figure.definition,
        "unit": figure.unit,
        "over": figure.over,
        "query": [shown(query) for query in queries if query is not None],
        "feeds": list(figure.feeds),
        "shown": dict(figure.shown),
        "persons": figure.persons,
    }


def sheet(traced: Traced, asked: Asked) -> FigureSheet:
    """A traced figure as it is answered."""
    figure = traced.figure
    return FigureSheet(
        **entry(figure),
        as_of=asked.now,
        community=asked.community,
        month=str(asked.month) if figure.over == "month" else None,
        value=traced.value,
        records=traced.records,
        age_s=traced.age_s,
        late=traced.late,
        batches=[
            BatchShown(**{name: getattr(part, name) for name in BatchShown.model_fields})
            for part in traced.batches[:BATCHES_SHOWN]
        ],
        batches_total=len(traced.batches),
        rows=f"/api/figures/{figure.id}/rows",
    )


def router(services: Services) -> APIRouter:
    """Mount /api/figures."""
    routes = APIRouter(tags=["figures"])

    @routes.get("/api/figures", summary="Every figure that a page or a report shows: meaning, query version, feeds")
    def list_figures() -> FigureList:
        return FigureList(
            figures=[FigureEntry(**entry(figure)) for figure in figures().values()], panels=list(panels())
        )

    @routes.get("/api/figures/{figure_id}", summary="A figure's value, batches, age, and what it means")
    def show_figure(
        figure_id: str, session: Asker, month: MonthAsked = None, community: CommunityAsked = None
    ) -> FigureSheet:
        figure = figure_named(figure_id)
        with services.database.owner.connect() as connection:
            asked = ask(
                connection,
                session,
                month=parse_month(month) if month else None,
                community=community,
                now=services.clock(),
            )
            return sheet(trace(connection, figure, asked), asked)

    @routes.get("/api/figures/{figure_id}/rows", summary="The records a figure was made of, within the asker's rights")
    def figure_rows(
        figure_id: str,
        session: Asker,
        month: MonthAsked = None,
        community: CommunityAsked = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> RecordPage:
        figure, now = figure_named(figure_id), services.clock()
        chosen = parse_month(month) if month else None
        with services.database.owner.connect() as connection:
            asked = ask(connection, session, month=chosen, community=community, now=now)
            total = trace(connection, parts_of(figure)[0], asked).records
        with services.asking(session) as connection:
            rows = select_rows(connection, figure, asked, limit=limit, offset=offset)
            readable = readable_rows(connection, figure, asked)
        following = offset + limit if offset + limit < readable else None
        return RecordPage(total=total, readable=readable, records=[RecordShown(**row) for row in rows], next=following)

    return routes
