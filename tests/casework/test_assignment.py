"""Laws of the division: every piece exactly once, connected, balanced, stable."""

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from casework.assignment import balance, changes, divide_grids, load_of, moved_households, read_effort
from casework.contiguity import fragments, graph_of, is_connected, linking_pairs, neighbour_pairs
from gis.errors import BadInput

EFFORT = read_effort()
CENTRE = h3.latlng_to_cell(31.30, 120.52, 11)


def grid_of(radius: int, *, households=10, grid=1, dropped=(), centre=CENTRE) -> pd.DataFrame:
    """A round work grid of hexagons, each with so many households, less the dropped ones."""
    cells = [cell for place, cell in enumerate(h3.grid_disk(centre, radius)) if place not in set(dropped)]
    pieces = pd.DataFrame({"work_grid_id": grid, "cell": cells, "households": households, "visits": 0, "incidents": 0})
    return pieces.assign(
        prior_worker_id=pd.array([pd.NA] * len(cells), dtype="Int64"),
        decided_worker_id=pd.array([pd.NA] * len(cells), dtype="Int64"),
    )


def crew_of(*workers: int, grid=1) -> pd.DataFrame:
    return pd.DataFrame({"worker_id": list(workers), "work_grid_id": grid})


def linked_graph(cells):
    cells = np.asarray(cells, dtype=np.int64)
    pairs = neighbour_pairs(cells)
    return graph_of(len(cells), np.vstack([pairs, linking_pairs(cells, pairs)]))


def is_contiguous(pieces: pd.DataFrame, division: pd.DataFrame) -> bool:
    graph = linked_graph(pieces["cell"])
    return all(
        is_connected(graph, np.flatnonzero((division["worker_id"] == worker).to_numpy()).tolist())
        for worker in division["worker_id"].unique()
    )


def test_two_workers_share_a_round_grid_in_two_connected_halves():
    pieces = grid_of(5)  # 91 cells

    division = divide_grids(pieces, crew_of(7, 8), effort=EFFORT)

    assert sorted(division["worker_id"].unique()) == [7, 8]
    assert is_contiguous(pieces, division)
    # 91 equal cells: 46 and 45 at best, 46 / 45.5 = 1.011
    assert balance(pieces, division, effort=EFFORT).loc[1, "households_max_over_mean"] == pytest.approx(46 / 45.5)


def test_load_adds_minutes_of_cell_households_visits_and_incidents():
    pieces = grid_of(0).assign(households=4, visits=1, incidents=2)

    # 0.1 + 4 × 3 + 1 × 30 + 2 × 40 = 122.1
    assert load_of(pieces, EFFORT).iloc[0] == pytest.approx(122.1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=some.data())
def test_every_piece_is_somebodys_exactly_once_and_parts_hang_together(data):
    radius = data.draw(some.integers(2, 5))
    count = 3 * radius * (radius + 1) + 1
    dropped = data.draw(some.sets(some.integers(0, count - 1), max_size=count // 3))
    households = data.draw(
        some.lists(some.integers(0, 60), min_size=count - len(dropped), max_size=count - len(dropped))
    )
    workers = list(range(10, 10 + data.draw(some.integers(1, 5))))
    pieces = grid_of(radius, households=households, dropped=dropped)

    division = divide_grids(pieces, crew_of(*workers), effort=EFFORT)

    assert division.index.equals(pieces.index)
    assert division["worker_id"].notna().all()
    assert set(division["worker_id"]) <= set(workers)
    assert is_contiguous(pieces, division)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=some.integers(0, 10_000), workers=some.integers(2, 4))
def test_no_load_is_far_above_the_mean(seed, workers):
    households = np.random.default_rng(seed).integers(0, 60, size=91)
    pieces = grid_of(5, households=households)
    crew = crew_of(*range(1, workers + 1))

    division = divide_grids(pieces, crew, effort=EFFORT)

    loads = load_of(pieces, EFFORT).groupby(division["worker_id"]).sum()
    assert len(loads) == workers
    # one piece asks for 59 × 3 + 0.1 = 177.1 min at most and cannot be split: a tenth of the mean, or that one piece
    assert loads.max() <= loads.mean() * 1.1 + 177.1


def test_the_same_input_moves_nobody():
    pieces = grid_of(5, households=np.random.default_rng(3).integers(0, 60, size=91))
    first = divide_grids(pieces, crew_of(1, 2, 3), effort=EFFORT)

    again = divide_grids(pieces.assign(prior_worker_id=first["worker_id"]), crew_of(1, 2, 3), effort=EFFORT, seed=99)

    pd.testing.assert_series_equal(again["worker_id"], first["worker_id"])
    assert (again["reason"] == "kept").all()


def test_a_few_new_households_move_nobody():
    pieces = grid_of(5)
    first = divide_grids(pieces, crew_of(1, 2), effort=EFFORT)
    pieces = pieces.assign(prior_worker_id=first["worker_id"])
    pieces.loc[0, "households"] += 20

    assert moved_households(pieces, divide_grids(pieces, crew_of(1, 2), effort=EFFORT)) == 0


def test_a_new_estate_is_balanced_at_the_border_only():
    pieces = grid_of(5)
    first = divide_grids(pieces, crew_of(1, 2), effort=EFFORT)
    ones = pieces.index[first["worker_id"] == 1]
    pieces = pieces.assign(prior_worker_id=first["worker_id"])
    pieces.loc[ones, "households"] = 20

    second = divide_grids(pieces, crew_of(1, 2), effort=EFFORT)

    assert is_contiguous(pieces, second)
    assert balance(pieces, second, effort=EFFORT).loc[1, "load_min_max_over_mean"] <= EFFORT.tolerance
    # worker 1 has about 2/3 of the load now and must give up about a quarter of theirs: no more than 40 % of all moves
    assert 0 < moved_households(pieces, second) < 0.4 * pieces["households"].sum()
    assert not (second["worker_id"][~pieces.index.isin(ones)] == 1).any()


def test_when_one_of_three_leaves_the_others_keep_what_they_have():
    pieces = grid_of(5)
    first = divide_grids(pieces, crew_of(1, 2, 3), effort=EFFORT)
    pieces = pieces.assign(prior_worker_id=first["worker_id"])

    second = divide_grids(pieces, crew_of(1, 2), effort=EFFORT)

    assert is_contiguous(pieces, second)
    stayed = first["worker_id"] != 3
    lost = (first["worker_id"] != second["worker_id"])[stayed]
    assert lost.mean() < 0.35
    assert balance(pieces, second, effort=EFFORT).loc[1, "load_min_max_over_mean"] <= EFFORT.tolerance


def test_a_worker_who_joins_gets_ground():
    pieces = grid_of(5)
    pieces = pieces.assign(prior_worker_id=divide_grids(pieces, crew_of(1, 2), effort=EFFORT)["worker_id"])

    second = divide_grids(pieces, crew_of(1, 2, 3), effort=EFFORT)

    assert is_contiguous(pieces, second)
    # a third of 91 cells is 30
    assert (second["worker_id"] == 3).sum() > 20


def test_what_a_person_decided_holds_whatever_it_costs():
    pieces = grid_of(4)
    first = divide_grids(pieces, crew_of(1, 2), effort=EFFORT)
    island = int(np.flatnonzero(first["worker_id"] == 1)[0])
    pieces.loc[island, "decided_worker_id"] = 2

    division = divide_grids(pieces, crew_of(1, 2), effort=EFFORT)

    assert division.loc[island, "worker_id"] == 2
    assert division.loc[island, "reason"] == "decided"
    free = pieces.drop(index=island).reset_index(drop=True)
    assert is_contiguous(free, division.drop(index=island).reset_index(drop=True))


def test_a_decision_for_somebody_of_another_grid_is_refused():
    pieces = grid_of(1)
    pieces.loc[0, "decided_worker_id"] = 99

    with pytest.raises(BadInput, match="worker 99"):
        divide_grids(pieces, crew_of(1, 2), effort=EFFORT)


def test_a_grid_without_workers_stays_without():
    pieces = pd.concat([grid_of(1), grid_of(1, grid=2)], ignore_index=True)

    division = divide_grids(pieces, crew_of(1), effort=EFFORT)

    assert division.loc[pieces["work_grid_id"] == 2, "worker_id"].isna().all()
    assert division.loc[pieces["work_grid_id"] == 1, "worker_id"].eq(1).all()


def test_more_workers_than_pieces_leaves_somebody_without_ground_and_nothing_twice():
    pieces = grid_of(0)

    assert divide_grids(pieces, crew_of(1, 2, 3), effort=EFFORT)["worker_id"].notna().all()


def test_two_islands_are_linked_at_their_nearest_cells():
    ring = h3.grid_ring(CENTRE, 4)
    cells = np.array([*h3.grid_disk(CENTRE, 1), *h3.grid_disk(ring[0], 1)], dtype=np.int64)

    links = linking_pairs(cells, neighbour_pairs(cells))

    assert len(links) == 1
    first, second = (int(cells[place]) for place in links[0])
    assert h3.grid_distance(first, second) == 2  # centres four apart, each disk reaches one: 4 - 1 - 1


def test_fragments_are_in_order_of_their_first_member():
    assert fragments([[1], [0], [3], [2]], [3, 2, 0]) == [{0}, {2, 3}]


def test_changes_name_who_gains_and_who_loses():
    pieces = grid_of(0, households=12).assign(prior_worker_id=pd.array([1], dtype="Int64"))
    division = pd.DataFrame({"worker_id": pd.array([2], dtype="Int64"), "reason": ["balanced"]})

    found = changes(pieces, division).set_index("worker_id")

    assert found.loc[2, ["cells_gained", "households_gained", "cells_lost"]].tolist() == [1, 12, 0]
    assert found.loc[1, ["cells_lost", "households_lost", "cells_gained"]].tolist() == [1, 12, 0]
