"""What it costs: everybody's time for the same work, measured side by side. Run by `make bench`.

Each round lets every contender do the work once, one after the other, so that a machine that is slow for a while is
slow for all. A contender's time is the median over the rounds, its ratio the median of its ratios to ours in the same
round. The table goes to report/benchmark.csv, which the report's appendix shows.
"""

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from tqdm import tqdm

from benchmarks import contenders, workloads
from notebook_report.facts import machine

ROUNDS = 7
SIDE = 2048  # of the matrices whose product shows the peak
RESULTS = Path(__file__).parent.parent / "report" / "benchmark.csv"


def seconds(work):
    """Return how long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(row, peak, rounds, bar):
    """Return a data frame of seconds a unit: a row for each round, a column for each contender and the floor."""
    for work in row.contenders.values():  # start the processes, fill the caches
        work()
    times = []
    for _ in range(rounds):
        floor = row.flop * seconds(peak) / (2 * SIDE**3)
        times.append({name: seconds(work) / row.per for name, work in row.contenders.items()} | {"floor": floor})
        bar.update()
    return pd.DataFrame(times)


def summarise(times):
    """Return median and quartiles of each contender's time, and of its ratio to ours in the same round."""
    ratios = times.div(times[workloads.OURS], axis=0)
    table = {"seconds": times.median(), "ratio": ratios.median()}
    table |= {"ratio_low": ratios.quantile(0.25), "ratio_high": ratios.quantile(0.75)}
    return pd.DataFrame(table).rename_axis("contender").reset_index()


def main():
    """Measure every row, print the table and write it."""
    rng = np.random.default_rng(0)
    peak = partial(contenders.large_product, rng.standard_normal((SIDE, SIDE), dtype=np.float32), threads=2)
    tables = []
    with TemporaryDirectory() as folder, tqdm(unit="round") as bar:
        rows = workloads.rows(rng, Path(folder))
        bar.reset(total=ROUNDS * len(rows))
        for name, row in rows.items():
            bar.set_description(name)
            tables.append(summarise(measure(row, peak, ROUNDS, bar)).assign(row=name, unit=row.unit))
    table = pd.concat(tables)[["row", "contender", "seconds", "unit", "ratio", "ratio_low", "ratio_high"]]
    table["machine"] = machine()
    print(table.drop(columns="machine").to_string(index=False, float_format="%.4g"))
    table.to_csv(RESULTS, index=False, float_format="%.6g")
    print(f"wrote {RESULTS}")


if __name__ == "__main__":
    main()
