"""Would boosted trees or a small neural network improve the forecast? Both are given its mean on a file of events.

    python benchmarks/detect_forecast_models.py EVENTS.csv --resolution 8 --train-to 2017-01-02 --weeks 25

Both learn from the rolling forecasts of the last 26 training weeks: y ~ Poisson(mean x exp(f(features))), the trees
with log(mean) as their start, the network by weighing y / mean with the mean, which is the same likelihood. They are
then applied unchanged to the weeks ahead. Beside them stands what perfect foresight of every week's totals would gain.
Printed is the CRPS over cells with at least ten events before the split, beside the forecast's own.
"""

import argparse
import json
import time
from pathlib import Path

import lightgbm
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import nbinom
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from alerts.detect import binning, forecast, hotspots

Floats = npt.NDArray[np.float64]

LEARNING_WEEKS = 26


def crps(mean: Floats, size: Floats, seen: Floats) -> float:
    """Return the mean continuous ranked probability score of negative-binomial forecasts."""
    total, steps = 0.0, int(seen.max() * 2 + 60)
    share = size / (size + mean)
    below = np.zeros_like(mean)
    for step in range(steps):
        below = below + nbinom.pmf(step, size, share)
        total += float(((below - (seen <= step)) ** 2).sum())
    return total / mean.size


def features(counts: npt.NDArray[np.int64], means: Floats, neighbours: Floats, first: int) -> Floats:
    """Return one row per (cell, category, week from `first` on): what was known before the week."""
    columns = []
    for ahead in range(means.shape[2]):
        week = first + ahead
        mean = means[:, :, ahead]
        past = counts[:, :, :week]
        near = np.stack([neighbours @ past[:, :, -span:].mean(axis=2) for span in (4, 26)], axis=-1)
        own = np.stack([past[:, :, -span:].mean(axis=2) for span in (1, 2, 4, 13, 26)], axis=-1)
        every = np.stack(
            [np.broadcast_to(past[:, :, -span:].mean(axis=2).sum(axis=1)[:, None], mean.shape) for span in (4, 26)],
            axis=-1,
        )
        angle = np.full(mean.shape, 2 * np.pi * week / 52.18)
        kind = np.broadcast_to(np.arange(mean.shape[1]), mean.shape)
        row = np.concatenate(
            [np.log(mean)[..., None], own, near, every, np.stack([np.sin(angle), np.cos(angle), kind], axis=-1)],
            axis=-1,
        )
        columns.append(row)
    return np.stack(columns, axis=2).reshape(-1, columns[0].shape[-1])


def main() -> None:
    """Run the comparison and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=Path)
    parser.add_argument("--resolution", type=int, default=8)
    parser.add_argument("--train-to", required=True)
    parser.add_argument("--weeks", type=int, default=25)
    chosen = parser.parse_args()
    events = pd.read_csv(chosen.events)
    begin = int(np.datetime64(chosen.train_to, "D").astype(int))
    day = pd.to_datetime(events["time"].str[:10]).to_numpy("datetime64[D]").astype(int)
    history = (begin - int(day.min())) // 7
    cells, cell = binning.cells_of(events["lon"].to_numpy(), events["lat"].to_numpy(), chosen.resolution)
    kinds, kind = np.unique(events["category"].to_numpy(str), return_inverse=True)
    week = (day - begin) // 7 + history
    used = (week >= 0) & (week < history + chosen.weeks)
    counts = np.zeros((len(cells), len(kinds), history + chosen.weeks), dtype=np.int64)
    np.add.at(counts, (cell[used], kind[used], week[used]), 1)
    near = hotspots.ring_neighbours(pd.Index(cells))
    learn_from = max(6, history - LEARNING_WEEKS)
    past = forecast.forecast(counts, near, first=learn_from)
    ahead = forecast.forecast(counts, near, first=history)
    learned = history - learn_from
    means = past.mean
    table = features(counts, means, near, learn_from)
    known = np.broadcast_to((counts[:, :, :history].sum(axis=(1, 2)) >= 10)[:, None, None], means.shape).reshape(-1)
    weeks = np.broadcast_to(np.arange(means.shape[2]), means.shape).reshape(-1)
    mean, seen = means.reshape(-1), counts[:, :, learn_from:].reshape(-1).astype(float)
    train, test = known & (weeks < learned), known & (weeks >= learned)
    size = np.concatenate([np.ones_like(means[:, :, :learned]), ahead.size], axis=2).reshape(-1)[test]
    result = {
        "cells": int(known.sum() / means.shape[1] / means.shape[2]),
        "forecast": crps(mean[test], size, seen[test]),
    }

    begun = time.perf_counter()
    trees = lightgbm.train(
        {
            "objective": "poisson",
            "learning_rate": 0.03,
            "num_leaves": 15,
            "min_data_in_leaf": 500,
            "lambda_l2": 20.0,
            "seed": 1,
            "deterministic": True,
            "num_threads": 1,
            "verbosity": -1,
        },
        lightgbm.Dataset(table[train], seen[train], init_score=np.log(mean[train])),
        num_boost_round=60,
    )
    boosted = mean[test] * np.exp(trees.predict(table[test], raw_score=True))
    result |= {"lightgbm": crps(boosted, size, seen[test]), "lightgbm_s": round(time.perf_counter() - begun, 1)}

    totals = counts[:, :, history:].sum(axis=0)
    foreseen = ahead.mean * (totals / np.maximum(ahead.mean.sum(axis=0), 1e-9))
    known_cells = counts[:, :, :history].sum(axis=(1, 2)) >= 10
    result |= {
        "totals_known": crps(
            np.maximum(foreseen[known_cells].ravel(), 1e-3),
            ahead.size[known_cells].ravel(),
            counts[known_cells][:, :, history:].ravel().astype(float),
        )
    }

    begun = time.perf_counter()
    # the season is left out for the network: beyond the weeks it has seen it would run off
    table = np.delete(table, [-3, -2], axis=1)
    # counts have long tails, on which a network runs off
    table[:, 1:-1] = np.log1p(table[:, 1:-1])
    scale = StandardScaler().fit(table[train])
    network = MLPRegressor(
        hidden_layer_sizes=(16,),
        loss="poisson",
        alpha=1.0,
        learning_rate_init=1e-3,
        max_iter=100,
        early_stopping=True,
        n_iter_no_change=5,
        batch_size=1024,
        random_state=1,
    )
    network.fit(scale.transform(table[train]), seen[train] / mean[train], sample_weight=mean[train])
    learned_mean = np.maximum(mean[test] * network.predict(scale.transform(table[test])), 1e-3)
    result |= {"network": crps(learned_mean, size, seen[test]), "network_s": round(time.perf_counter() - begun, 1)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
