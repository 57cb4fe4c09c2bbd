"""Who lives within a walk of the nearest ready resource, and who lives too far."""

import pandas as pd

STEPS_MIN = (5, 10, 15)


def reach_by_community(cells: pd.DataFrame, minutes: pd.Series) -> pd.DataFrame:
    """Add up persons within 5, 10 and 15 minutes, and beyond, per community.

    Parameters
    ----------
    cells
        Columns code, persons; a cell that two communities share has a row for each.
    minutes
        Walk to the nearest ready resource, on the same index [min]; infinite where there is none.

    Returns
    -------
    reach
        One row per community code: persons, within_5, within_10, within_15, gap [persons].
    """
    counted = {f"within_{step}": cells["persons"].where(minutes <= step, 0) for step in STEPS_MIN}
    table = cells[["code", "persons"]].assign(**counted).groupby("code").sum()
    return table.assign(gap=table["persons"] - table[f"within_{STEPS_MIN[-1]}"])
