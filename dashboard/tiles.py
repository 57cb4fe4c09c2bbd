"""Vector tiles of every layer of the catalogue, and pictures beneath our ground where a file of them is configured."""

from hashlib import sha256

from fastapi import APIRouter, Request
from fastapi.responses import Response

from dashboard.api.layers import Asker, Shelf, entity_tag, reading, tagged
from dashboard.services import Services
from gis.errors import NotFound
from layers.beneath import read_archive
from layers.catalogue import catalogue
from layers.settings import GroundSettings
from layers.tiles import TileAddress, compressed, select_tile
from layers.values import served_subdistrict
from layers.versions import layer_version

MVT = "application/vnd.mapbox-vector-tile"


def router(services: Services) -> APIRouter:
    """Mount /tiles."""
    routes = APIRouter(tags=["tiles"])
    shelf = Shelf()
    settings = GroundSettings()
    archive = read_archive(settings.pmtiles) if settings.pmtiles else None

    @routes.get("/tiles/{layer_id}/{z}/{x}/{y}.mvt", summary="One vector tile of a layer", response_class=Response)
    def tile(layer_id: str, z: int, x: int, y: int, request: Request, session: Asker) -> Response:
        layer = catalogue().layer_for(layer_id, session.role)
        address = TileAddress(z, x, y)
        with reading(services, session) as connection:
            code = session.subdistrict_code or served_subdistrict(connection)
            version = layer_version(connection, layer, code=code)

            def make() -> bytes:
                drawn = select_tile(connection, layer, address, code=code)
                return compressed(drawn) if drawn else b""

            if not version:
                body = make()
                return tagged(request, entity_tag(sha256(body).hexdigest()), lambda: body, media_type=MVT)
            tag = entity_tag("tile", layer.model_dump_json(), version, code, z, x, y)
            return tagged(request, tag, lambda: shelf.body(tag, make), media_type=MVT)

    @routes.get("/tiles/beneath/{z}/{x}/{y}", summary="One picture of the map beneath ours", response_class=Response)
    def beneath(z: int, x: int, y: int, session: Asker) -> Response:
        if archive is None:
            raise NotFound("no map lies beneath ours; set FENGQIAO_PMTILES to a file of pictures")
        address = TileAddress(z, x, y)
        picture = archive.tile(address.z, address.x, address.y)
        if picture is None:
            return Response(status_code=204)
        return Response(picture, media_type=archive.media_type, headers={"Cache-Control": "private, max-age=86400"})

    return routes
