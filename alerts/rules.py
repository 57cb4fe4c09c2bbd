"""Alert rules as data: read from YAML or from a form, checked whole before they are kept.

Seven kinds. Threshold, rate, no-data and incomplete rules are judged at every change; forecast-exceeded, cluster and
risk rules by detectors that take seconds, so these run on their own clock (`alerts.detection`).
"""

from importlib.resources import files
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from gis.errors import BadInput
from gis.validation import faults_of

LEVEL_WORDS = {1: "red", 2: "orange", 3: "yellow", 4: "blue"}


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Names(Frozen):
    """What people call a rule."""

    zh: str = Field(min_length=1, max_length=40)
    en: str = Field(min_length=1, max_length=80)


class Level(Frozen):
    """What every level has: how grave it is, and how many events it takes at least."""

    level: int = Field(ge=1, le=4)
    at_least: int = Field(ge=1)


class CountLevel(Level):
    """Holds when the count reaches `at_least` and `times` the expected count."""

    times: float = Field(ge=0)


class RateLevel(Level):
    """Holds when the count reaches `at_least`, the rate `per_1000`, and the count `times` what the mean rate gives."""

    per_1000: float = Field(gt=0)
    times: float = Field(default=1.0, ge=0)


class ChanceLevel(Level):
    """Holds when something as strong comes about by chance, anywhere in the sub-district, once in `once_in_days`."""

    once_in_days: float = Field(ge=1)


class RiskLevel(Frozen):
    """Holds for a confirmed risk point whose probability of escalating within a month is `probability` or more."""

    level: int = Field(ge=1, le=4)
    probability: float = Field(gt=0, le=1)


class SilenceLevel(Frozen):
    """Holds when a feed has been silent for `times` its interval and for `at_least_s`."""

    level: int = Field(ge=1, le=4)
    times: float = Field(gt=1)
    at_least_s: int = Field(gt=0)


class ShareLevel(Frozen):
    """Holds when less than a share of what a feed should have brought is there."""

    level: int = Field(ge=1, le=4)
    below: float = Field(gt=0, lt=1)


class Where(Frozen):
    """Which records are counted; empty means all."""

    category: tuple[str, ...] = ()
    subcategory: tuple[str, ...] = ()
    grade: tuple[Literal["general", "larger", "major", "severe"], ...] = ()
    #: of service requests: topics of the items (物业住房), or single items
    topic: tuple[str, ...] = ()
    item_code: tuple[str, ...] = ()
    open: bool = False
    overdue: bool = False

    def asked_of(self, counts: str) -> dict[str, list[str]]:
        """What is named of incidents, or of requests, as statements over them ask for it; an empty list means all."""
        names = ("category", "subcategory", "grade") if counts == "incident" else ("topic", "item_code")
        return {name: list(getattr(self, name)) for name in names}


class AnyRule(Frozen):
    """What every rule has."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,62}$")
    #: shipped rules are named in the texts (alerts.rule.<id>), others here
    name: Names | None = None
    #: an alert is cleared when its condition has not held for so long [h]
    clear_after_h: float = Field(default=0, ge=0)


class CountingRule(AnyRule):
    """A rule over incidents or requests."""

    counts: Literal["incident", "service_request"]
    where: Where = Where()

    @model_validator(mode="after")
    def where_fits_what_is_counted(self) -> Self:
        named = self.where
        if self.counts == "service_request" and (named.category or named.subcategory or named.grade):
            raise BadInput(
                "rule {id}: a service_request has no category and no grade; use topic or item_code", id=self.id
            )
        if self.counts == "incident" and (named.item_code or named.topic):
            raise BadInput(
                "rule {id}: an incident has no topic and no item_code; use category or subcategory", id=self.id
            )
        return self


class CountRule(CountingRule):
    """A threshold on counts in a window, against the mean of the same window in the eight weeks before."""

    kind: Literal["threshold"] = "threshold"
    unit: Literal["cell", "compound", "community"]
    window_h: int = Field(ge=1, le=24 * 31)
    floor: float = Field(gt=0)
    levels: tuple[CountLevel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def graver_levels_ask_for_more(self) -> Self:
        ask_for_more(self.id, self.levels, "at_least", "times")
        return self

    def level_for(self, count: float, expected: float) -> int | None:
        """Return the gravest level that holds for `count` against `expected`; None when none does."""
        base = max(expected, self.floor)
        held = [rung.level for rung in self.levels if count >= rung.at_least and count >= rung.times * base]
        return min(held, default=None)


class RateRule(CountingRule):
    """Counts in a window against those who could have caused them: residents, or all records of the kind."""

    kind: Literal["rate"]
    unit: Literal["cell", "compound", "community"]
    window_h: int = Field(ge=1, le=24 * 92)
    per: Literal["residents", "records"]
    levels: tuple[RateLevel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def graver_levels_ask_for_more(self) -> Self:
        ask_for_more(self.id, self.levels, "per_1000", "times")
        return self

    def level_for(self, count: float, denominator: float, expected: float) -> int | None:
        """Return the gravest level that holds; a unit without a denominator has no rate."""
        if denominator <= 0:
            return None
        rate = 1000 * count / denominator
        held = [
            rung.level
            for rung in self.levels
            if count >= rung.at_least and rate >= rung.per_1000 and count >= rung.times * expected
        ]
        return min(held, default=None)


class ChanceRule(CountingRule):
    """A rule whose levels say how rarely chance alone would bring something as strong."""

    levels: tuple[ChanceLevel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def graver_levels_ask_for_more(self) -> Self:
        ask_for_more(self.id, self.levels, "at_least", "once_in_days")
        if self.where.open or self.where.overdue:
            raise BadInput("rule {id}: what is open or overdue now has no history to compare with", id=self.id)
        return self

    def level_for(self, count: float, recurrence_days: float | None) -> int | None:
        """Return the gravest level that holds; without a recurrence interval none does."""
        if recurrence_days is None:
            return None
        held = [rung.level for rung in self.levels if count >= rung.at_least and recurrence_days >= rung.once_in_days]
        return min(held, default=None)


class ForecastRule(ChanceRule):
    """More events in a day or week than the forecast of the unit leads to expect."""

    kind: Literal["forecast-exceeded"]
    unit: Literal["cell", "compound", "community"]
    days: Literal[1, 7] = 1


class ClusterRule(ChanceRule):
    """Cells that together have more events than their own history or the rest of the sub-district leads to expect."""

    kind: Literal["cluster"]
    #: surge: Bayesian scan against the cells' own history; scan: permutation scan; hotspot: Gi* on observed / expected
    method: Literal["surge", "scan", "hotspot"]
    longest_days: int = Field(default=7, ge=1, le=28)
    max_km: float = Field(default=1.0, ge=0.1, le=5)


class RiskRule(AnyRule):
    """Risk points that somebody has confirmed."""

    kind: Literal["risk"]
    unit: Literal["cell", "compound"] = "compound"
    levels: tuple[RiskLevel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def graver_levels_ask_for_more(self) -> Self:
        ask_for_more(self.id, self.levels, "probability")
        return self

    def level_for(self, probability: float) -> int | None:
        """Return the gravest level that holds."""
        return min((rung.level for rung in self.levels if probability >= rung.probability), default=None)


class SilenceRule(AnyRule):
    """A feed whose newest event is too old for its expected interval."""

    kind: Literal["no-data"] = "no-data"
    #: names of feeds; empty = every feed with an expected interval
    feeds: tuple[str, ...] = ()
    levels: tuple[SilenceLevel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def graver_levels_ask_for_more(self) -> Self:
        ask_for_more(self.id, self.levels, "times", "at_least_s")
        return self

    def level_for(self, silent_s: float, expected_every_s: float) -> int | None:
        """Return the gravest level that holds for a silence [s]; None when none does."""
        held = [rung.level for rung in self.levels if silent_s >= max(rung.times * expected_every_s, rung.at_least_s)]
        return min(held, default=None)


class CompletenessRule(AnyRule):
    """A feed that brings too little of what it should: rows refused by checks, required fields empty."""

    kind: Literal["incomplete"]
    #: names of feeds; empty = every feed
    feeds: tuple[str, ...] = ()
    #: a share of fewer rows than this says nothing [rows delivered in 30 days]
    at_least_rows: int = Field(default=50, ge=1)
    levels: tuple[ShareLevel, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def graver_levels_miss_more(self) -> Self:
        by_gravity = sorted(self.levels, key=lambda rung: -rung.level)
        if any(grave.below >= mild.below for mild, grave in pairwise(by_gravity)):
            raise BadInput("rule {id}: a graver level must be below a smaller share", id=self.id)
        return self

    def level_for(self, completeness: float) -> int | None:
        """Return the gravest level that holds for a share [0, 1]; None when none does."""
        return min((rung.level for rung in self.levels if completeness < rung.below), default=None)

    def bound_of(self, level: int) -> float:
        """The share below which a level holds."""
        return next(rung.below for rung in self.levels if rung.level == level)


def ask_for_more(rule: str, levels: tuple[Any, ...], *measures: str) -> None:
    """Refuse a level given twice, and a graver level that holds where a milder one does not."""
    by_gravity = sorted(levels, key=lambda rung: -rung.level)
    if len({rung.level for rung in by_gravity}) < len(by_gravity):
        raise BadInput("rule {rule}: a level is given twice", rule=rule)
    for mild, grave in pairwise(by_gravity):
        if any(getattr(grave, measure) < getattr(mild, measure) for measure in measures):
            raise BadInput(
                "rule {rule}: level {level} asks for less than level {mild_level}",
                rule=rule,
                level=grave.level,
                mild_level=mild.level,
            )


Rule = Annotated[
    CountRule | RateRule | ForecastRule | ClusterRule | RiskRule | SilenceRule | CompletenessRule,
    Field(discriminator="kind"),
]
KINDS = ("threshold", "rate", "no-data", "incomplete", "forecast-exceeded", "cluster", "risk")
#: rules that take seconds and run on their own clock
DETECTED = (ForecastRule, ClusterRule)


class Rules(Frozen):
    """All rules in force."""

    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def ids_are_unique(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if doubled := {name for name in ids if ids.count(name) > 1}:
            raise BadInput("rule ids given twice: {doubled}", doubled=sorted(doubled))
        return self


ONE_RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


def parse_rule(text: str) -> Rule:
    """Read one rule from YAML.

    Raises
    ------
    BadInput
        With every fault (ten at most), if it is not a rule.
    """
    stated = read_yaml(text)
    if not isinstance(stated, dict):
        raise BadInput(
            "a rule is a list of named settings such as 'kind: threshold', not {stated}", stated=repr(stated)
        )
    return check_rule(stated)


def check_rule(stated: Any) -> Rule:
    """Check what a form, a file or the database says of one rule; raises BadInput with every fault."""
    try:
        return ONE_RULE.validate_python(stated)
    except ValidationError as fault:
        raise BadInput("this is no rule: {faults}", faults=faults_of(fault.errors())) from fault


def parse_rules(text: str) -> Rules:
    """Read rules from YAML; raises BadInput with every fault, if anything in it is not a rule."""
    try:
        return Rules.model_validate(read_yaml(text))
    except ValidationError as fault:
        raise BadInput("the rules do not hold together: {faults}", faults=faults_of(fault.errors())) from fault


def read_yaml(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise BadInput("the rules are not YAML: {fault}", fault=fault) from fault


def rule_text(rule: Rule) -> str:
    """Write a rule as YAML, as `parse_rule` reads it: what is at its default is left out."""
    stated = rule.model_dump(mode="json", exclude_defaults=True)
    last = {name: stated.pop(name) for name in ("levels", "clear_after_h") if name in stated}
    first = {"id": rule.id, "kind": rule.kind}
    ordered = first | {name: value for name, value in stated.items() if name not in first} | last
    return yaml.safe_dump(ordered, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)


def shipped_rules() -> Rules:
    """The rules the product comes with."""
    return parse_rules(files("alerts").joinpath("rules.yml").read_text(encoding="utf-8"))
