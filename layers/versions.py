"""Which state of the data a layer shows: a short text that changes when the layer's picture may have changed."""

from sqlalchemy import Connection

from gis.database.statements import load_statements
from layers.catalogue import FeaturesSource, Layer

STATEMENTS = load_statements("layers", "versions")

#: the topic whose facts a source shows
TOPIC_OF_SOURCE = {
    "population": "population",
    "demand": "demand",
    "incidents_open": "incidents",
    "incidents_reported": "incidents",
    "resources": "resources",
    "reach": "resources",
    "measured": "rasters",
}
#: shapes that change without a batch: their own newest change tells
LIVE_STATEMENTS = {
    "alerts": "alerts_version",
    "outside_alerts": "outside_alerts_version",
    "risk_points": "risk_points_version",
    "incidents": "incidents_version",
    "resources": "resources_version",
}


def layer_version(connection: Connection, layer: Layer, *, code: str) -> str:
    """Return the version of what a layer shows now; empty when it must be asked anew each time (exact persons)."""
    source = layer.source
    if isinstance(source, FeaturesSource):
        name = LIVE_STATEMENTS.get(source.statement, "places_version")
        return str(connection.scalar(STATEMENTS[name], {"code": code}))
    if source.kind == "exact_population":
        return ""
    if source.kind == "flood_risk":
        # rain goes out of date without any change
        return str(connection.scalar(STATEMENTS["flood_version"], {"code": code}))
    topic = TOPIC_OF_SOURCE.get(source.kind)
    if topic is None:
        return str(connection.scalar(STATEMENTS["places_version"], {"code": code}))
    return str(connection.scalar(STATEMENTS["facts_version"], {"code": code, "topic": topic, "layer_id": layer.id}))
