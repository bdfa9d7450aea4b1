"""What is compared must be the same work: every contender of a row trains or evaluates, here for a moment."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest

from benchmarks import __main__ as bench
from benchmarks import contenders, workloads


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
            assert work.others
            for task in [work.ours, *work.others.values()]:
                pickle.loads(pickle.dumps(task))()


def test_ratios_are_to_ours_in_the_same_round():
    work = workloads.Work("whole", "update", 1, 8.0, None, {"other": None})
    times = {"ours": [1.0, 2.0, 4.0], "other": [2.0, 4.0, 12.0], "peak": [16.0, 8.0, 4.0]}
    table = bench.table(work, pd.DataFrame(times)).set_index("contender")
    assert table["seconds"].to_dict() == {"ours": 2.0, "other": 4.0, "floor": 1.0}
    assert table["ratio"].to_dict() == {"ours": 1.0, "other": 2.0, "floor": 0.5}
    assert table.loc["other", ["ratio_low", "ratio_high"]].tolist() == [2.0, 2.5]


def test_where_the_work_is_not_the_same_the_row_says_so(works):
    def images(task):
        return (task.args[1] if task.func is contenders.in_processes else task.args[0]).shape[1]

    for work in works:
        others = {images(task) for task in work.others.values()}
        assert (others != {images(work.ours)}) == (work.row == "the same, others on all pixels")
