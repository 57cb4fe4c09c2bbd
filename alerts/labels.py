"""Labels: what an alert is called, so that it is known again, matched, grouped and routed.

``what`` (the rule), ``where`` (kind and code of the unit) and ``method`` make its identity. ``level``, ``community``
and ``unit`` (kind of the unit) change or repeat, so they only serve matching. Matchers are those of Alertmanager: a
label, an operator, and values.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

LABELS = ("what", "where", "method", "level", "community", "unit")
Label = Literal["what", "where", "method", "level", "community", "unit"]


class Matcher(BaseModel):
    """One condition on a label: it is, or is not, among some values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Label
    op: Literal["in", "not_in"] = "in"
    values: tuple[str, ...] = Field(min_length=1)

    @field_validator("values", mode="before")
    @classmethod
    def as_text(cls, values: Any) -> Any:
        """A level is written as a number in YAML; labels are texts."""
        return [str(value) for value in values] if isinstance(values, list | tuple) else values

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Say whether the condition holds; a label that is not there is empty."""
        return (labels.get(self.label, "") in self.values) == (self.op == "in")


def matches(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Say whether every matcher holds; none at all matches everything."""
    return all(matcher.holds(labels) for matcher in matchers)


def method_name(method: str) -> str:
    """The method without its version: ``scan/1.2`` and ``scan`` are one."""
    return method.split(" ")[0].split("/")[0]


def labels_of(row: Mapping[str, Any]) -> dict[str, str]:
    """Labels of an alert's row."""
    return {
        "what": row["rule"],
        "where": f"{row['unit_kind']}:{row['unit_code']}",
        "method": method_name(row["method"]),
        "level": str(row["level"]),
        "community": row["community_code"] or "",
        "unit": row["unit_kind"],
    }


def fingerprint(*, rule: str, unit_kind: str, unit_code: str, method: str) -> str:
    """What makes it the same alert from one judgement to the next: a digest of what, where and method."""
    named = f"{rule}|{unit_kind}:{unit_code}|{method_name(method)}"
    return sha256(named.encode()).hexdigest()[:16]
