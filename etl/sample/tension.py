"""Why disputes escalate: a hidden tension per compound and month, partly seen in what is reported, partly not.

What shows: it brings more disputes and more conflicts over property and wages in the same compound. What does not: a
second cause of the same size that moves escalation alone. Both change slowly, month by month, and depend on seed and
month only, so that history, topping up and simulation agree. All of it is assumed.
"""

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from etl.sample.facts import stream
from etl.sample.world import World

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: kinds of incidents that are disputes and may escalate; items by category
DISPUTES = ("矛盾纠纷", "欠薪线索", "噪声扰民", "群租住人", "违章搭建", "物业服务", "停车管理")
CONFLICT_ITEMS = ("物业住房", "劳动权益")
#: share of disputes that escalate where tension is at its mean
ESCALATING = 0.011
#: how a month's tension hangs on this month's and earlier months' shocks (squares sum to 1)
_MEMORY = np.array([0.62, 0.52, 0.43, 0.32, 0.22])
#: what tension does to the number of disputes and to their escalation; the unseen cause only to the latter (in logs)
_ON_REPORTS, _ON_ESCALATION, _UNSEEN = 0.40, 0.75, 0.55
#: what is reported of a dispute that people take up together
TOGETHER = ("，多户居民联名反映", "，多名业主集体到社区反映")


@dataclass(frozen=True)
class Tension:
    """The hidden tension of a world's compounds."""

    world: World
    _months: dict[int, tuple[Floats, Floats]] = field(default_factory=dict, repr=False)

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """The compound of each building, as a number."""
        owners = np.unique(self.world.fabric.buildings["owner"].to_numpy(), return_inverse=True)[1]
        return np.asarray(owners, dtype=np.int64)

    @cached_property
    def owners(self) -> int:
        return int(self.owner.max()) + 1

    def of_month(self, day: dt.date) -> tuple[Floats, Floats]:
        """Seen and unseen tension of each compound in a month, both of mean 0 and deviation 1 (in logs)."""
        month = day.year * 12 + day.month
        if month not in self._months:
            seen, unseen = (
                sum(
                    weight * stream(self.world.seed, name, month - back).standard_normal(self.owners)
                    for back, weight in enumerate(_MEMORY)
                )
                for name in ("tension", "unseen")
            )
            self._months[month] = np.asarray(seen), np.asarray(unseen)
        return self._months[month]

    def on_reports(self, day: dt.date) -> Floats:
        """How much more likely a dispute is in each building, for its compound's sake; of mean about 1."""
        return np.asarray(np.exp(_ON_REPORTS * self.seen(day) - _ON_REPORTS**2 / 2))

    def seen(self, day: dt.date) -> Floats:
        """How tense each building's compound is that month, as far as it shows; of mean 0 and deviation 1."""
        return self.of_month(day)[0][self.owner]

    def escalation(self, day: dt.date) -> Floats:
        """Probability that a dispute in each building escalates."""
        seen, unseen = self.of_month(day)
        log = _ON_ESCALATION * seen + _UNSEEN * unseen - (_ON_ESCALATION**2 + _UNSEEN**2) / 2
        return np.asarray(np.minimum(ESCALATING * np.exp(log), 0.3)[self.owner])
