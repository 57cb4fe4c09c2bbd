"""Which standing alert is explained by a larger one. Pure; the cause stays known: id and rule of inhibition."""

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.labels import labels_of, matches
from alerts.response import Inhibition


def explained(standing: Sequence[Mapping[str, Any]], inhibitions: Sequence[Inhibition]) -> dict[int, tuple[int, str]]:
    """Find what explains what.

    Parameters
    ----------
    standing
        Rows of alerts that stand, with id, level, cells and what labels are made of.

    Returns
    -------
    explained
        By id of the smaller alert: id of the larger one, and which inhibition says so. Two alerts never explain each
        other, since the larger must cover more cells (of equal ones the older does).
    """
    labels = {row["id"]: labels_of(row) for row in standing}
    covered = {row["id"]: frozenset(row["cells"]) for row in standing}
    found: dict[int, tuple[int, str]] = {}
    for inhibition in inhibitions:
        sources = [row for row in standing if row["cells"] and matches(inhibition.source, labels[row["id"]])]
        if not sources:
            continue
        for target in standing:
            cells = covered[target["id"]]
            if target["id"] in found or not cells or not matches(inhibition.target, labels[target["id"]]):
                continue
            for source in sources:
                if source["id"] == target["id"] or (inhibition.as_grave and source["level"] > target["level"]):
                    continue
                larger = (len(covered[source["id"]]), -source["id"]) > (len(cells), -target["id"])
                if larger and len(cells & covered[source["id"]]) >= inhibition.covers * len(cells):
                    found[target["id"]] = (source["id"], inhibition.id)
                    break
    return found
