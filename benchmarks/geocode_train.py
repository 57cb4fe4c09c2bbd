"""Fit the probabilities of the geocoder on made-up districts and write `gis/geocode/data/trees.json`.

    nice -n 12 .venv/bin/python -m benchmarks.geocode_train

Each of the first readings of a training query is one example: its features, and whether it is right at its level.
Gradient boosted trees with monotone constraints (a worse spelling can never make an answer surer) are fitted by
lightgbm, which is not needed to use them. What is fitted on and what is left out: docs/geocoding.md.
"""

import json
import sys
from pathlib import Path

import lightgbm
import numpy as np

from benchmarks.geocode_districts import make_district
from benchmarks.geocode_queries import make_queries
from benchmarks.geocode_query import Query
from gis.geocode import Geocoder
from gis.geocode.features import FEATURES, features_of, weighed_ranks
from gis.geocode.reading import JUNCTION, Reading

TARGET = Path(__file__).resolve().parent.parent / "gis" / "geocode" / "data" / "trees.json"
TRAINING, CHOOSING = range(100, 180), range(200, 208)
PER_DISTRICT = 1000


def examples(seeds: range, count: int, *, held_out: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of the first readings of the queries of some districts and whether each is right."""
    rows: list[list[float]] = []
    right: list[int] = []
    for seed in seeds:
        district = make_district(seed)
        geocoder = Geocoder(district.gazetteer)
        for query in make_queries(district, count, seed=seed, held_out=held_out):
            readings, _ = geocoder.readings(query.text)
            for rank in weighed_ranks(readings):
                rows.append(features_of(readings, rank))
                right.append(int(is_right(query, readings[rank])))
    return np.array(rows), np.array(right)


def is_right(query: Query, reading: Reading) -> bool:
    """Tell whether a reading is the right answer to a query at its own level."""
    place_id, building_id = reading.settled
    if query.status != "match":
        return False
    if query.level == "junction":
        roads = {reading.form.owner.place_id, reading.second.forms[0].owner.place_id} if reading.second else set()
        return reading.kind == JUNCTION and reading.point is not None and roads == set(query.place_ids)
    if reading.kind == JUNCTION or place_id not in query.place_ids or building_id != query.building_id:
        return False
    parts = reading.parts
    return not building_id or (parts.unit == query.unit and parts.room == query.room)


def main() -> None:
    features, right = examples(TRAINING, PER_DISTRICT)
    other_features, other_right = examples(CHOOSING, PER_DISTRICT // 2)
    print(f"{len(right)} training examples, {right.mean():.3f} right; {len(other_right)} to choose by", file=sys.stderr)
    model = lightgbm.LGBMClassifier(
        n_estimators=300,
        num_leaves=20,
        learning_rate=0.1,
        min_child_samples=150,
        reg_lambda=10.0,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.7,
        monotone_constraints=[direction for _, direction in FEATURES],
        random_state=1,
        deterministic=True,
        num_threads=1,
        verbose=-1,
    )
    model.fit(
        features,
        right,
        eval_X=(other_features,),
        eval_y=(other_right,),
        callbacks=[lightgbm.early_stopping(30, verbose=False)],
    )
    chance = model.predict_proba(other_features)[:, 1]
    print(
        f"Brier {np.mean((chance - other_right) ** 2):.4f} (base {np.var(other_right):.4f}), "
        f"trees {model.best_iteration_}"
    )
    importance = sorted(zip(model.booster_.feature_importance("gain"), FEATURES, strict=True), reverse=True)
    print(" ".join(f"{name}:{gain:.0f}" for gain, (name, _) in importance[:25]))
    TARGET.write_text(json.dumps(flat_trees(model.booster_, model.best_iteration_)), encoding="utf-8")


def flat_trees(booster: lightgbm.Booster, count: int) -> dict[str, list[float]]:
    """Return all trees as arrays: a node's feature (-1 for a leaf), threshold or value, and its two children."""
    feature: list[int] = []
    value: list[float] = []
    left: list[int] = []
    right: list[int] = []

    def add(node: dict) -> int:  # type: ignore[type-arg]
        at = len(feature)
        feature.append(int(node.get("split_feature", -1)))
        value.append(round(float(node["threshold"] if "split_feature" in node else node["leaf_value"]), 6))
        left.append(-1)
        right.append(-1)
        if "split_feature" in node:
            left[at], right[at] = add(node["left_child"]), add(node["right_child"])
        return at

    roots = [add(tree["tree_structure"]) for tree in booster.dump_model(num_iteration=count)["tree_info"]]
    return {
        "features": [name for name, _ in FEATURES],
        "roots": roots,
        "feature": feature,
        "value": value,
        "left": left,
        "right": right,
    }


if __name__ == "__main__":
    main()
