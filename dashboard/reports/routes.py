"""Routes of the leaders' pages: the shelf of monthly reports, one report on screen, and as PDF."""

from functools import lru_cache
from importlib.resources import files
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, Template
from sqlalchemy import Connection

from access.sessions import Session
from alerts.drills import running_drill
from dashboard.reports.facts import find_scope
from dashboard.reports.month import month_of, parse_month
from dashboard.reports.pages import said_moment, said_month
from dashboard.reports.printing import print_report, report_html
from dashboard.reports.shelf import (
    first_request,
    make_report,
    may_read_whole,
    months_until,
    readable_communities,
    select_communities,
)
from dashboard.services import Services, session_of
from gis.errors import NotFound

PAGE_HEADERS = {"Cache-Control": "private, no-store"}


@lru_cache(maxsize=1)
def shelf_template() -> Template:
    source = files("dashboard.reports").joinpath("templates", "shelf.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(source)


def drill_now(connection: Connection, subdistrict_code: str) -> str:
    """Title of the drill that runs; empty without one. No report counts what it plays."""
    drill = running_drill(connection, subdistrict_code=subdistrict_code)
    return drill.title if drill else ""


def router(services: Services) -> APIRouter:
    """Mount /reports."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/reports")
    def shelf(session: Annotated[Session, Depends(session_of)], community: str = "") -> Response:
        texts, now = services.texts(session), services.clock()
        context: dict[str, object] = {
            "texts": texts,
            "months": [],
            "communities": [],
            "chosen": community,
            "district": "",
        }
        with services.database.owner.connect() as connection:
            try:
                scope = find_scope(
                    connection, month_of(now, "UTC"), community=community or None, now=now, language=texts.language
                )
            except NotFound:
                return HTMLResponse(shelf_template().render(**context), headers=PAGE_HEADERS)
            context["drill"] = drill_now(connection, scope.subdistrict_code)
            communities = readable_communities(session, select_communities(connection, scope))
            months = months_until(first_request(connection, scope), now, scope.timezone)
        chosen = community or ("" if may_read_whole(session) else communities[0].code if communities else "")
        context |= {
            "months": [(str(month), said_month(texts, month)) for month in months],
            "communities": communities,
            "whole": may_read_whole(session),
            "chosen": chosen,
            "district": scope.subdistrict_name,
            "now": said_moment(texts, now, scope.timezone),
        }
        return HTMLResponse(shelf_template().render(**context), headers=PAGE_HEADERS)

    @routes.get("/reports/{month}.pdf")
    def as_pdf(month: str, session: Annotated[Session, Depends(session_of)], community: str = "") -> Response:
        texts = services.texts(session)
        report = make_report(services, session, parse_month(month), community, texts)
        name = quote(f"{report.title}{month}.pdf")
        headers = PAGE_HEADERS | {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(print_report(report, texts), media_type="application/pdf", headers=headers)

    @routes.get("/reports/{month}")
    def on_screen(month: str, session: Annotated[Session, Depends(session_of)], community: str = "") -> Response:
        texts = services.texts(session)
        report = make_report(services, session, parse_month(month), community, texts)
        with services.database.owner.connect() as connection:
            drill = drill_now(connection, session.subdistrict_code or "")
        return HTMLResponse(report_html(report, texts, drill=drill), headers=PAGE_HEADERS)

    return routes
