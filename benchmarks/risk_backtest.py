"""How good is the risk score where the truth is known? The back-test on the sample's draws of several seeds.

    python -m benchmarks.risk_backtest

Two years of incidents and requests at full size, drawn by the generator and not loaded (places are the true ones), are
scored and back-tested by month. Printed per seed: lift of the flagged tenth with its interval, area under the curve,
Brier skill, and the same of the control without signal; observed/expected by kind of compound.
"""

import json
import time

from alerts.risk.backtest import history_of, report
from tests.alerts.drawn import drawn_records

SEEDS = (1, 2, 3)

MEASURES = "contradiction risk: lift, calibration and the control without signal, on the sample's draws of three seeds"


def main() -> None:
    """Print one JSON line per seed."""
    for seed in SEEDS:
        begun = time.process_time()
        records, places = drawn_records(seed)
        days = records["day"]
        told = report(history_of(records, places, first_day=int(days.min()), last_day=int(days.max())), places)
        assert told is not None
        figures = {
            name: round(told[name], 3) for name in ("lift", "lift_low", "lift_high", "auc", "brier_skill", "spread")
        }
        control = {name: round(value, 3) for name, value in (told["control"] or {}).items()}
        kinds = {one["kind"]: [round(one[name], 2) for name in ("ratio", "low", "high")] for one in told["kinds"]}
        seconds = round(time.process_time() - begun, 1)
        print(json.dumps({"seed": seed, **figures, "control": control, "kinds": kinds, "seconds": seconds}))


if __name__ == "__main__":
    main()
