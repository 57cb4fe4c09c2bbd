"""The layer catalogue: what can be put on a map, as data (catalogue.yml), checked when it is read."""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gis.documents import parse_yaml
from gis.errors import BadInput, NotAllowed, NotFound
from gis.sentences import Sentence
from gis.validation import faults_of
from layers.measures import OPEN_MEASURES, RESOURCE_KINDS, SENSITIVE_MEASURES

#: roles by how much of the sub-district they see, least first; a layer's least_role and all after it may see it
ROLE_RANKS = {
    "wall": 0,
    "grid_worker": 1,
    "grid_leader": 2,
    "community_leader": 3,
    "auditor": 4,
    "street_leader": 5,
    "duty_officer": 6,
    "commander": 7,
    "operator": 8,
}

#: who may see the rows of persons within their scope (access.scope_persons)
PERSON_ROLES = frozenset({"operator", "community_leader", "grid_leader", "grid_worker"})

Colour = Annotated[str, Field(pattern=r"^#[0-9A-F]{6}$")]


class Strict(BaseModel):
    """A frozen record in which an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(Strict):
    """A text in Chinese and English."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.zh


class PopulationSource(Strict):
    """Persons per cell, as published."""

    kind: Literal["population"]
    measure: str


class ExactPopulationSource(Strict):
    """Persons of a sensitive group per cell, exact, within the asker's rights."""

    kind: Literal["exact_population"]
    measure: str


class DemandSource(Strict):
    """Requests per 1 000 eligible, as published."""

    kind: Literal["demand"]
    topic: str


class OpenIncidentsSource(Strict):
    """Incidents waiting to be closed, all or of one category or grade."""

    kind: Literal["incidents_open"]
    category: str | None = None
    grade: Literal["general", "larger", "major", "severe"] | None = None


class ReportedIncidentsSource(Strict):
    """Incidents reported in the last days."""

    kind: Literal["incidents_reported"]
    days: int = Field(ge=1, le=366)


class ResourcesSource(Strict):
    """Emergency resources per cell."""

    kind: Literal["resources"]


class ReachSource(Strict):
    """Walking minutes to the nearest ready resource of one kind."""

    kind: Literal["reach"]
    resource: str


class ElevationSource(Strict):
    """Mean height of the cell."""

    kind: Literal["elevation"]


class MeasuredSource(Strict):
    """What the newest raster of a kind says of the cell."""

    kind: Literal["measured"]
    measure: Literal["rain", "population"]


class FloodRiskSource(Strict):
    """How badly the newest rain stands, an estimate; the formula is in `layers.flood`."""

    kind: Literal["flood_risk"]


class FeaturesSource(Strict):
    """Shapes, by a statement of sql/features.sql."""

    kind: Literal["features"]
    statement: str
    parameters: Mapping[str, str | int] = Field(default_factory=dict)


CellSource = (
    PopulationSource
    | ExactPopulationSource
    | DemandSource
    | OpenIncidentsSource
    | ReportedIncidentsSource
    | ResourcesSource
    | ReachSource
    | ElevationSource
    | MeasuredSource
    | FloodRiskSource
)


class Style(Strict):
    """How a layer is drawn; ramp, token and mark name tokens of the look."""

    kind: Literal["ramp", "reach", "marks", "line", "fill", "alert", "labels"]
    ramp: str | None = None
    token: str | None = None
    mark: str | None = None


class LegendSpec(Strict):
    """What the legend says beside the limits."""

    unit: Words | None = None
    classes: Literal["quintiles", "minutes", "scores"] | None = None


class Layer(Strict):
    """One layer of the catalogue."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,62}$")
    name: Words
    group: str
    source: Annotated[CellSource | FeaturesSource, Field(discriminator="kind")]
    geometry: Literal["cell", "point", "line", "polygon"]
    style: Style
    legend: LegendSpec
    zoom: tuple[int, int]
    refresh_s: int = Field(gt=0)
    least_role: str
    needs: Literal["persons"] | None = None

    @model_validator(mode="after")
    def hold_together(self) -> "Layer":
        faults = []
        if (self.geometry == "cell") != (self.source.kind != "features"):
            faults.append(Sentence("facts per cell have geometry cell, features have another"))
        if self.geometry == "cell" and self.legend.classes is None:
            faults.append(Sentence("a layer of cells states its classes"))
        if not 0 <= self.zoom[0] <= self.zoom[1] <= 22:
            faults.append(Sentence("zoom {zoom} is no range within 0 to 22", zoom=str(list(self.zoom))))
        if self.least_role not in ROLE_RANKS:
            faults.append(
                Sentence(
                    "least_role {least_role!r} is none of {known}",
                    least_role=self.least_role,
                    known=ROLE_RANKS,
                )
            )
        if isinstance(self.source, PopulationSource) and self.source.measure not in OPEN_MEASURES:
            faults.append(
                Sentence(
                    "measure {measure!r} is none of {known}",
                    measure=self.source.measure,
                    known=OPEN_MEASURES,
                )
            )
        if isinstance(self.source, ExactPopulationSource):
            if self.source.measure not in SENSITIVE_MEASURES:
                faults.append(
                    Sentence(
                        "measure {measure!r} is none of {known}",
                        measure=self.source.measure,
                        known=SENSITIVE_MEASURES,
                    )
                )
            if self.needs != "persons":
                faults.append(Sentence("exact counts of persons need persons"))
        if isinstance(self.source, ReachSource) and self.source.resource not in RESOURCE_KINDS:
            faults.append(
                Sentence(
                    "resource {resource!r} is none of {known}",
                    resource=self.source.resource,
                    known=RESOURCE_KINDS,
                )
            )
        if faults:
            raise BadInput("{faults}", faults=faults)
        return self

    def visible_to(self, role: str) -> bool:
        """Whether a role may see the layer."""
        if self.needs == "persons" and role not in PERSON_ROLES:
            return False
        return ROLE_RANKS.get(role, -1) >= ROLE_RANKS[self.least_role]


class Catalogue(Strict):
    """Every layer, with the groups and ramps they name."""

    ramps: Mapping[str, Mapping[Literal["dark", "light"], tuple[Colour, ...]]]
    groups: Mapping[str, Words]
    layers: tuple[Layer, ...]

    @model_validator(mode="after")
    def names_are_known(self) -> "Catalogue":
        ids = [layer.id for layer in self.layers]
        faults = [
            Sentence("layer id {name!r} is given {count} times", name=name, count=ids.count(name))
            for name in sorted(set(ids))
            if ids.count(name) > 1
        ]
        for layer in self.layers:
            if layer.group not in self.groups:
                faults.append(Sentence("{id}: group {group!r} is not among groups", id=layer.id, group=layer.group))
            if layer.style.ramp is not None and layer.style.ramp not in self.ramps:
                faults.append(Sentence("{id}: ramp {ramp!r} is not among ramps", id=layer.id, ramp=layer.style.ramp))
        if faults:
            raise BadInput("{faults}", faults=faults)
        return self

    def layer(self, layer_id: str) -> Layer:
        """Return a layer by its id; raises NotFound."""
        for layer in self.layers:
            if layer.id == layer_id:
                return layer
        raise NotFound("no layer {layer_id!r}; GET /api/layers lists them", layer_id=layer_id)

    def layer_for(self, layer_id: str, role: str) -> Layer:
        """Return a layer that `role` may see; raises NotFound or NotAllowed."""
        layer = self.layer(layer_id)
        if not layer.visible_to(role):
            raise NotAllowed("layer {layer_id!r} is not for the role {role}", layer_id=layer_id, role=role)
        return layer

    def visible_to(self, role: str) -> tuple[Layer, ...]:
        """Return the layers that `role` may see, in the catalogue's order."""
        return tuple(layer for layer in self.layers if layer.visible_to(role))


def parse_catalogue(stated: Any) -> Catalogue:
    """Check what catalogue.yml says; raises BadInput naming every fault (ten at most)."""
    try:
        return Catalogue.model_validate(stated)
    except ValidationError as error:
        raise BadInput("{file}: {faults}", file="layers/catalogue.yml", faults=faults_of(error.errors())) from error


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The catalogue of this installation, read once."""
    return parse_catalogue(parse_yaml(files("layers").joinpath("catalogue.yml").read_text(encoding="utf-8")))
