"""What is counted per cell, by name: the vocabulary that tables, statements, layers and open data share."""

from dataclasses import dataclass
from typing import Any

#: counts of persons on file, in the order of their columns; households come last, they are counted apart
PERSON_MEASURES = (
    "total",
    "registered",
    "migrant",
    "aged_60",
    "aged_80",
    "living_alone",
    "minors",
    "disabled",
    "low_income",
    "pregnant",
    "chronic_illness",
)
MEASURES = (*PERSON_MEASURES, "households")

#: health, minors and need are layers of their own, off unless a role grants them; never on a wall
SENSITIVE_MEASURES = ("minors", "disabled", "low_income", "pregnant", "chronic_illness")
OPEN_MEASURES = tuple(name for name in MEASURES if name not in SENSITIVE_MEASURES)

#: kinds of emergency resources, in the order of their importance on a list
RESOURCE_KINDS = ("fire_station", "shelter", "clinic", "police_post", "depot", "team", "aed", "hydrant")

#: minutes on foot that make the classes of reach; beyond the last one is a gap
REACH_MINUTES = (5, 10, 15)

#: limits of the classes of a score from 0 to 100
SCORE_LIMITS = (20, 40, 60, 80)

#: incidents of these kinds are left out of every fact per cell: a household could be told from the place
SENSITIVE_SUBCATEGORIES = ("家庭暴力", "精神障碍", "社区矫正", "未成年人保护")

#: the topic of demand that holds every service item
ALL_TOPICS = "all"

#: how long back a request counts as demand [days]
DEMAND_DAYS = 30

#: topics are kept apart by the H3 parent of this resolution (252 km²): one or two for a sub-district
REGION_RESOLUTION = 5


@dataclass(frozen=True)
class Eligibility:
    """Who may ask for one service item, out of support.service_item.eligibility."""

    min_age: int | None = None
    max_age: int | None = None
    registration: str | None = None
    sex: str | None = None
    groups: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, stated: dict[str, Any]) -> "Eligibility":
        return cls(
            min_age=stated.get("min_age"),
            max_age=stated.get("max_age"),
            registration=stated.get("registration") or None,
            sex=stated.get("sex") or None,
            groups=tuple(stated.get("groups") or ()),
        )

    @property
    def everybody(self) -> bool:
        """Whether the item is for everybody."""
        return self == Eligibility()
