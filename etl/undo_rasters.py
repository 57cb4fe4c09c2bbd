"""Undo the delivery of a raster: the cells take the values of the raster before it again, from its kept file."""

import json
from typing import Any

from sqlalchemy import Connection

from etl.delivery import source_of
from etl.feeds import RASTERS
from etl.feeds.rasters import plain_raster, write_raster
from etl.kept import KeptFiles
from gis.database.statements import load_statements
from gis.district import District

_SQL = load_statements("etl", "undo")


def raster_obstacles(connection: Connection, batch: Any, kept: KeptFiles | None) -> list[tuple[str, dict[str, Any]]]:
    """Why a raster cannot be undone: another came after it, or the file of the one before it is gone."""
    later = connection.execute(_SQL["raster_later"], bound(batch)).scalars().all()
    found: list[tuple[str, dict[str, Any]]] = [("delivered_later", {"batch": one}) for one in later]
    former = connection.execute(_SQL["raster_former"], bound(batch)).one_or_none()
    if batch.loaded and former and (kept is None or not kept.has(former.content_hash, feed=former.feed)):
        found.append(("raster_gone", {"batch": former.id}))
    return found


def take_raster_back(connection: Connection, district: District, batch: Any, kept: KeptFiles | None) -> None:
    """Let the cells say what they said before: the raster before it, or nothing."""
    if not batch.loaded:
        return
    measure = RASTERS[batch.kind].measure
    connection.execute(_SQL["forget_measure" if measure else "forget_elevation"], {**bound(batch), "kind": measure})
    former = connection.execute(_SQL["raster_former"], bound(batch)).one_or_none()
    if former is None or kept is None:
        return
    with kept.opened(former.content_hash, feed=former.feed, name=former.source) as path:
        source = source_of(former, json.loads(former.versions.get("config") or "{}"), path)
        with plain_raster(source) as found:
            write_raster(connection, district, found, batch_id=former.id, now=former.started_at)


def bound(batch: Any) -> dict[str, Any]:
    return {"batch_id": batch.id, "code": batch.subdistrict_code, "feed": batch.feed}
