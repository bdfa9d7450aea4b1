"""What is compared must be the same work: every contender of a row trains or evaluates, here for a moment."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import __main__ as bench
from benchmarks import workloads


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"D": 24, "ROTATED": 6, "N": 900, "N_EVALUATED": 1000}.items():
            patch.setattr(workloads, name, value)
        yield workloads.rows(np.random.default_rng(0), tmp_path_factory.mktemp("shared"), seconds=1 / 60)


def test_every_contender_does_every_kind_of_work(rows):
    for name, row in rows.items():
        assert "ours" in row.contenders, name
        for work in row.contenders.values():
            work()


def test_ratios_are_to_ours_in_the_same_round():
    times = pd.DataFrame({"ours": [1.0, 2.0, 4.0], "other": [2.0, 4.0, 12.0], "floor": [0.5, 1.0, 2.0]})
    table = bench.summarise(times).set_index("contender")
    assert table["seconds"].tolist() == [2.0, 4.0, 1.0]
    assert table["ratio"].tolist() == [1.0, 2.0, 0.5]
    assert table.loc["other", ["ratio_low", "ratio_high"]].tolist() == [2.0, 2.5]
