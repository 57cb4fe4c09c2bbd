"""The issue's targets on the given set, and on a made-up district with noise that nothing was fitted to."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.geocode_districts import make_district
from benchmarks.geocode_judge import Judged, measures
from benchmarks.geocode_queries import make_queries
from gis.geocode import Geocoder
from gis.geocode_command import geocode_file

GIVEN = Path(__file__).resolve().parents[3] / "shared" / "geocoding"


@pytest.mark.skipif(not (GIVEN / "score.py").is_file(), reason="the given evaluation set is not here")
def test_the_given_set_is_answered_as_well_as_asked(tmp_path: Path):
    geocode_file(GIVEN / "queries.csv", tmp_path / "out.csv", gazetteer=GIVEN / "gazetteer")
    command = [
        sys.executable,
        GIVEN / "score.py",
        GIVEN / "labels.csv",
        tmp_path / "out.csv",
        "--gazetteer",
        GIVEN / "gazetteer",
    ]
    scored = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    # the second column of the targets, the calibration error at the first
    assert scored["top1_place"] >= 0.985
    assert scored["top1_full"] >= 0.98
    assert scored["within_50m"] >= 0.985
    assert scored["precision_matched"] >= 0.995
    assert scored["coverage"] >= 0.93
    assert scored["oog_false_accept"] <= 0.01
    assert scored["ece"] <= 0.02
    assert scored["per_level_top1_place"]["junction"]["top1_place"] >= 0.98
    assert scored["per_family_top1_place"]["landmark"]["top1_place"] >= 0.95


def test_noise_and_a_district_never_met_cost_little():
    answers: list[Judged] = []
    for seed in (401, 403, 405):
        district = make_district(seed)
        queries = make_queries(district, 150, seed=seed, held_out=True)
        locations = Geocoder(district.gazetteer).locate_many([query.text for query in queries])
        answers += [Judged(query, location) for query, location in zip(queries, locations, strict=True)]

    found = measures(answers)

    # allowed: 4 points of the right place, 1 of precision, a calibration error of 0.06
    assert found["top1_place"] >= 0.95
    assert found["precision"] >= 0.985
    assert found["oog_false_accept"] <= 0.04
    assert found["ece"] <= 0.06
    assert found["brier_skill"] > 0.2
