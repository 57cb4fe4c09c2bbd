"""A sub-district of two communities and three buildings whose facts can be counted by hand.

    community 1 (west): compound 甲苑 with building 1 (40 persons) and, 400 m off, building 2 (3 persons)
    community 2 (east): apartment 一号公寓 with building 3 (120 migrants)

Of the 40: 25 registered, 15 migrant; 10 are 65 years old, the others 30; three of the old live alone.
"""

from datetime import UTC, date, datetime, timedelta

import shapely
from sqlalchemy import Connection, text

from gis import cells as h3_cells
from gis.database.bulk import copy_rows
from gis.district import District
from gis.grid import build_cells

CODE = "990000003"
WEST, EAST = f"{CODE}001", f"{CODE}002"
NOW = datetime(2026, 6, 15, 4, tzinfo=UTC)  # noon in Shanghai
DISTRICT = District(code=CODE, name="试验街道", name_en="Trial", metric_srid=4549)

#: building -> (lon, lat), community, place
BUILDINGS = {1: (120.505, 31.290, WEST, 1), 2: (120.509, 31.290, WEST, 1), 3: (120.522, 31.291, EAST, 2)}
INCIDENT_COLUMNS = (
    "reported_at", "subdistrict_code", "feed", "source_key", "batch_id", "category", "source", "grade",
    "status", "closed_at",
    "placement", "geom", "cell", "community_code",
)  # fmt: skip
REQUEST_COLUMNS = (
    "requested_at", "subdistrict_code", "feed", "source_key", "batch_id", "item_code", "status", "placement",
    "geom", "cell",
    "community_code",
)  # fmt: skip
RESIDENT_COLUMNS = (
    "subdistrict_code", "feed", "source_key", "batch_id", "name", "registration", "birth_date", "groups",
    "household_id",
    "building_id", "place_id", "placement", "geom", "cell", "community_code",
)  # fmt: skip


def ewkb(lon: float, lat: float) -> str:
    return str(shapely.to_wkb(shapely.set_srid(shapely.Point(lon, lat), 4326), hex=True, include_srid=True))


def cell_of(building: int, resolution: int = 11) -> int:
    lon, lat, _, _ = BUILDINGS[building]
    return int(h3_cells.parents(h3_cells.index_points([lon], [lat]), resolution)[0])


def fill(connection: Connection) -> None:
    """Fill a migrated, empty database."""
    places(connection)
    residents(connection, 1, "a", 25, registration="registered")
    residents(connection, 1, "b", 15, registration="migrant")
    residents(connection, 2, "c", 3, registration="registered")
    residents(connection, 3, "d", 120, registration="migrant")
    connection.execute(
        text(
            "UPDATE base.resident SET birth_date = '1961-01-01' WHERE source_key IN"
            " ('a0','a1','a2','a3','a4','a5','a6','a7','a8','a9')"
        )
    )
    connection.execute(
        text("UPDATE base.resident SET groups = '{living_alone}' WHERE source_key IN ('a0', 'a1', 'a2')")
    )
    connection.execute(
        text(
            "SELECT support.ensure_months('base.incident', :a, :b),"
            " support.ensure_months('base.service_request', :a, :b)"
        ),
        {"a": NOW - timedelta(days=400), "b": NOW + timedelta(days=40)},
    )
    requests(connection, 1, "S1", [NOW - timedelta(days=day) for day in range(12)], key="r")
    requests(connection, 1, "S2", [NOW - timedelta(days=2), NOW - timedelta(days=3)], key="s")
    requests(connection, 3, "S1", [NOW - timedelta(days=1)], key="t")
    # too old for the window, and withdrawn
    requests(connection, 3, "S1", [NOW - timedelta(days=40)] * 5, key="u")
    requests(connection, 3, "S1", [NOW - timedelta(days=4)], key="v", status="withdrawn")
    incidents(connection, 1, "安全生产", [NOW - timedelta(days=1), NOW - timedelta(days=1)], key="i")
    incidents(connection, 1, "城市管理", [NOW - timedelta(days=35)], key="j", status="closed")
    incidents(connection, 3, "治安稳定", [NOW - timedelta(days=2)], key="k", grade="major")


def places(connection: Connection) -> None:
    outline = "ST_Multi(ST_MakeEnvelope({}, 31.280, {}, 31.300, 4326))"
    connection.execute(
        text(
            "INSERT INTO base.subdistrict (code, name, name_en, metric_srid, timezone, schematic, geom)"
            f" VALUES (:code, '试验街道', 'Trial', 4549, 'Asia/Shanghai', true, {outline.format(120.500, 120.530)})"
        ),
        {"code": CODE},
    )
    for code, west, east in ((WEST, 120.500, 120.515), (EAST, 120.515, 120.530)):
        connection.execute(
            text(
                "INSERT INTO base.community (code, subdistrict_code, feed, source_key, name, name_en, geom,"
                " label_point)"
                f" VALUES (:code, :here, 'boundaries', :code, :code, :code, {outline.format(west, east)},"
                " ST_SetSRID(ST_MakePoint(:lon, 31.29), 4326))"
            ),
            {"code": code, "here": CODE, "lon": (west + east) / 2},
        )
    build_cells(connection, DISTRICT)
    for number, kind, name, beds in ((1, "compound", "甲苑", None), (2, "apartment", "一号公寓", 200)):
        lon, lat, community, _ = BUILDINGS[1 if number == 1 else 3]
        connection.execute(
            text(
                "INSERT INTO base.place (id, subdistrict_code, feed, source_key, kind, compound_kind, name,"
                " point, beds, community_code)"
                " VALUES (:id, :here, 'places', :name, :kind, :compound_kind, :name,"
                " ST_SetSRID(ST_MakePoint(:lon, :lat), 4326),"
                " :beds, :community)"
            ),
            {
                "id": number, "here": CODE, "kind": kind, "name": name, "lon": lon, "lat": lat, "beds": beds,
                "community": community,
                "compound_kind": "resettlement" if kind == "compound" else None,
            },
        )  # fmt: skip
    for number, (lon, lat, community, place) in BUILDINGS.items():
        connection.execute(
            text(
                "INSERT INTO base.building (id, subdistrict_code, feed, source_key, place_id, number, geom,"
                " cell, community_code)"
                " VALUES (:id, :here, 'buildings', :key, :place, :key, ST_SetSRID(ST_MakePoint(:lon, :lat),"
                " 4326), :cell, :community)"
            ),
            {
                "id": number, "here": CODE, "key": str(number), "place": place, "lon": lon, "lat": lat,
                "cell": cell_of(number),
                "community": community,
            },
        )  # fmt: skip
    for code, topic, eligibility in (("S1", "社会保障", "{}"), ("S2", "养老服务", '{"min_age": 60}')):
        connection.execute(
            text(
                "INSERT INTO support.service_item (code, subdistrict_code, name, department, topic, eligibility)"
                " VALUES (:code, :here, :code, 'x', :topic, CAST(:eligibility AS jsonb))"
            ),
            {"code": code, "here": CODE, "topic": topic, "eligibility": eligibility},
        )
    for key, building, status in (("R1", 1, "ready"), ("R2", 3, "out")):
        lon, lat, community, _ = BUILDINGS[building]
        connection.execute(
            text(
                "INSERT INTO base.resource (subdistrict_code, feed, source_key, kind, name, status,"
                " placement, geom, cell, community_code)"
                " VALUES (:here, 'resources', :key, 'fire_station', :key, :status, 'placed',"
                " ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :cell, :community)"
            ),
            {
                "here": CODE,
                "key": key,
                "status": status,
                "lon": lon,
                "lat": lat,
                "cell": cell_of(building),
                "community": community,
            },
        )
    connection.execute(
        text(
            "INSERT INTO base.road_segment (subdistrict_code, feed, source_key, name, road_class,"
            " from_node, to_node, length_m, geom)"
            " SELECT :here, 'roads', 'road', '横路', 'main', 1, 2, ST_Length(line::geography), line"
            " FROM (SELECT ST_SetSRID(ST_MakeLine(ST_MakePoint(120.501, 31.29), ST_MakePoint(120.529,"
            " 31.29)), 4326) AS line) AS road"
        ),
        {"here": CODE},
    )


def residents(
    connection: Connection, building: int, key: str, count: int, *, registration: str, batch_id: int | None = None
) -> None:
    lon, lat, community, place = BUILDINGS[building]
    household = connection.scalar(
        text(
            "INSERT INTO base.household (subdistrict_code, feed, source_key) VALUES (:here, 'residents',"
            " :key) RETURNING id"
        ),
        {"here": CODE, "key": key},
    )
    copy_rows(
        connection, "base.resident", RESIDENT_COLUMNS,
        [
            (CODE, "residents", f"{key}{number}", batch_id, "无名", registration, date(1996, 1, 1), "{}",
            household, building, place,
             "placed", ewkb(lon, lat), cell_of(building), community)
            for number in range(count)
        ],
    )  # fmt: skip


def requests(
    connection: Connection, building: int, item: str, times: list[datetime], *, key: str, status: str = "closed",
    batch_id: int | None = None,
) -> None:  # fmt: skip
    lon, lat, community, _ = BUILDINGS[building]
    copy_rows(
        connection, "base.service_request", REQUEST_COLUMNS,
        [
            (at, CODE, "requests", f"{key}{number}", batch_id, item, status, "placed", ewkb(lon, lat),
            cell_of(building), community)
            for number, at in enumerate(times)
        ],
    )  # fmt: skip


def incidents(
    connection: Connection, building: int, category: str, times: list[datetime], *, key: str,
    status: str = "handling",
    grade: str = "general", batch_id: int | None = None,
) -> None:  # fmt: skip
    lon, lat, community, _ = BUILDINGS[building]
    copy_rows(
        connection, "base.incident", INCIDENT_COLUMNS,
        [
            (at, CODE, "incidents", f"{key}{number}", batch_id, category, "网格上报", grade, status,
             at + timedelta(hours=5) if status == "closed" else None, "placed", ewkb(lon, lat),
             cell_of(building), community)
            for number, at in enumerate(times)
        ],
    )  # fmt: skip


def batch(connection: Connection, feed: str) -> int:
    """Open a ledger row as a load would; returns its id."""
    number = connection.scalar(
        text(
            "INSERT INTO support.batch (subdistrict_code, feed, source, actor) VALUES (:here, :feed,"
            " 'test', 'test') RETURNING id"
        ),
        {"here": CODE, "feed": feed},
    )
    return int(number or 0)
