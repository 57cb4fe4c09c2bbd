"""My ground: its outline and cells, why it is mine, and the map around it, as JSON that a phone keeps."""

import math
from typing import Any

import h3.api.basic_int as h3
import shapely
from shapely.geometry.base import BaseGeometry

from dashboard.grid.asker import Asker

#: coordinates are sent to a tenth of a metre [decimal places of a degree]
PLACES = 6
#: how much of the ground's larger side the map shows around it
MARGIN = 0.6


def ground_of(asker: Asker) -> dict[str, Any]:
    """Who I am, my ground, and why it is mine.

    Returns
    -------
    ground
        ``worker``, ``grids``, ``counts`` (cells of resolution 10 the ground reaches into, buildings, households),
        ``outline`` (GeoJSON MultiPolygon, WGS-84), ``cells`` (hexadecimal text and the part of each inside the
        outline), ``bounds``, ``reasons``.
    """
    parts = asker.rows("ground")
    outlines = [shapely.from_wkb(bytes(part.outline)) for part in parts]
    outline = shapely.union_all(outlines) if outlines else shapely.MultiPolygon()
    cells = [int(row.cell) for row in asker.rows("ground_cells")]
    counts = asker.row("ground_counts")
    worker = asker.row("worker")
    return {
        "worker": {
            "account": asker.session.account_id,
            "number": worker.number if worker else "",
            "title": asker.session.title,
            "post": worker.post if worker else asker.session.role,
        },
        "subdistrict": {
            "name": asker.district.name,
            "name_en": asker.district.name_en,
            "schematic": asker.district.schematic,
        },
        "grids": [
            {"id": part.work_grid_id, "name": part.work_grid_name, "community": part.community_name}
            for part in parts
            if part.cover_for is None
        ],
        "counts": {
            "cells": len(cells),
            "buildings": counts.buildings if counts else 0,
            "households": counts.households if counts else 0,
        },
        "outline": geojson(outline),
        "bounds": list(outline.bounds) if not outline.is_empty else None,
        "cells": [{"cell": f"{cell:x}", "shape": geojson(cell_shape(cell).intersection(outline))} for cell in cells],
        "reasons": reasons_of(asker, parts),
        "now": asker.now.isoformat(),
    }


def reasons_of(asker: Asker, parts: list[Any]) -> dict[str, Any]:
    """Why the ground is mine: how the grid is shared, what was decided, whom I cover for and until when."""
    absent = [part.cover_for for part in parts if part.cover_for is not None]
    covered = {row.id: row.number for row in asker.rows("covered_worker", worker_ids=absent)} if absent else {}
    return {
        "whole": all(part.whole for part in parts),
        "since": min((part.since for part in parts if part.since and part.cover_for is None), default=None),
        "shared": [
            {"name": row.work_grid_name, "workers": row.workers, "households": row.households}
            for row in asker.rows("colleagues")
        ],
        "decided": [
            {"building_id": row.building_id, "place": row.place_name, "number": row.number, "reason": row.reason}
            for row in asker.rows("decisions")
        ],
        "cover": [
            {
                "number": covered.get(part.cover_for, ""),
                "grid": part.work_grid_name,
                "reason": part.decision,
                "until": part.until,
            }
            for part in parts
            if part.cover_for is not None
        ],
    }


def map_of(asker: Asker) -> dict[str, Any]:
    """Everything drawn around my ground: roads, water, buildings (mine marked), names; empty while I have no ground."""
    outlines = [shapely.from_wkb(bytes(part.outline)) for part in asker.rows("ground")]
    if not outlines:
        return {"roads": [], "water": [], "buildings": [], "labels": [], "places": [], "now": asker.now.isoformat()}
    window = window_around(shapely.union_all(outlines))
    return {
        "bounds": [round(value, PLACES) for value in window.values()],
        "roads": [
            {"name": row.name, "road_class": row.road_class, "shape": geojson(shapely.from_wkb(bytes(row.shape)))}
            for row in asker.rows("map_roads", **window)
        ],
        "water": [
            {"name": row.name, "shape": geojson(shapely.from_wkb(bytes(row.shape)))}
            for row in asker.rows("map_water", **window)
        ],
        "buildings": [
            {
                "id": row.id,
                "number": row.number,
                "place": row.place_name,
                "mine": row.mine,
                "households": row.households,
                "shape": geojson(shapely.from_wkb(bytes(row.shape))),
            }
            for row in asker.rows("map_buildings", **window)
        ],
        "labels": [
            {
                "name": row.name,
                "kind": row.kind,
                "mine": row.mine > 0,
                "lon": round(row.lon, PLACES),
                "lat": round(row.lat, PLACES),
            }
            for row in asker.rows("map_compounds", **window)
        ],
        "places": [dict(row._mapping) for row in asker.rows("places")],
        "now": asker.now.isoformat(),
    }


def window_around(outline: BaseGeometry) -> dict[str, float]:
    """Return the box the map shows: the outline's, with room on every side so that it fills a screen of any shape."""
    west, south, east, north = outline.bounds
    shrink = math.cos(math.radians((south + north) / 2))
    side = max((east - west) * shrink, north - south) * MARGIN
    return {"west": west - side / shrink, "south": south - side, "east": east + side / shrink, "north": north + side}


def cell_shape(cell: int) -> shapely.Polygon:
    """Return the outline of an H3 cell (lon, lat)."""
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])


def geojson(shape: BaseGeometry) -> dict[str, Any]:
    """Return a geometry as GeoJSON, rounded to `PLACES`."""
    return dict(shapely.geometry.mapping(shapely.set_precision(shape, 10**-PLACES, mode="pointwise")))
