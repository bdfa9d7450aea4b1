"""What is compared must be the same work: every contender of a row trains or evaluates, here for a moment."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest

from benchmarks import __main__ as bench
from benchmarks import workloads


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"D": 24, "ROTATED": 6, "N": 900, "N_EVALUATED": 1000}.items():
            patch.setattr(workloads, name, value)
        yield workloads.works(np.random.default_rng(0), tmp_path_factory.mktemp("shared"), seconds=1 / 60)


def test_every_contender_does_every_kind_of_work(works):
    # Here, for other processes take seconds to start. What could not be sent to one does not get through `pickle`.
    with joblib.parallel_config("sequential"):
        for work in works:
            assert work.ours
            assert work.others
            for task in [*(ours.work for ours in work.ours.values()), *work.others.values()]:
                pickle.loads(pickle.dumps(task))()


def test_ratios_are_to_ours_in_the_same_round():
    work = workloads.Work(
        "update", 1, {"whole": workloads.Ours(None, 8.0), "part": workloads.Ours(None, 4.0)}, {"other": None}
    )
    times = {"whole": [1.0, 2.0, 4.0], "part": [0.5, 0.5, 0.5], "other": [2.0, 4.0, 12.0], "peak": [16.0, 8.0, 4.0]}
    whole, part = (table.set_index("contender") for table in bench.rows(work, pd.DataFrame(times)))
    assert whole["seconds"].to_dict() == {"ours": 2.0, "other": 4.0, "floor": 1.0}
    assert whole["ratio"].to_dict() == {"ours": 1.0, "other": 2.0, "floor": 0.5}
    assert whole.loc["other", ["ratio_low", "ratio_high"]].tolist() == [2.0, 2.5]
    assert part["ratio"].to_dict() == {"ours": 1.0, "other": 8.0, "floor": 1.0}
