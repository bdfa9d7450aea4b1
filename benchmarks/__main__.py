"""What it costs: everybody's time for the same work, measured side by side. Run by `make bench`.

Each round lets every contender do the work once, one after the other, so that a machine that is slow for a while is
slow for all. A contender's time is the median over the rounds, its ratio the median of its ratios to ours in the same
round. The table goes to report/benchmark.csv, which the report's appendix shows; what an
export costs, and a drag of the explorer, is only printed.
"""

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_info
from tqdm import tqdm

from benchmarks import compilers, contenders, explorer, exports, workloads
from notebook_report.running.provenance import machine

ROUNDS = 7
SIDE = 2048  # of the matrices whose product shows the peak
RESULTS = Path(__file__).parent.parent / "report" / "benchmark.csv"


def seconds(work):
    """Return how long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(work, peak, rounds, bar):
    """Return seconds a unit, a row for each round and a column for each contender, and the peak.

    The peak is in operations a second, of the fastest product in the same round.
    """
    tasks = {"ours": work.ours, **work.others}
    for task in tasks.values():  # compile, start the processes, fill the caches
        task()
    times = []
    for _ in range(rounds):
        fastest = 2 * SIDE**3 / seconds(peak)
        times.append({name: seconds(task) / work.per for name, task in tasks.items()} | {"peak": fastest})
        bar.update()
    return pd.DataFrame(times)


def table(work, times):
    """Return median and quartiles of everybody's time, and of its ratio to ours."""
    found = times.drop(columns="peak").assign(floor=work.flop / times["peak"])
    ratios = found.div(found["ours"], axis=0)
    columns = {"seconds": found.median(), "ratio": ratios.median()}
    columns |= {"ratio_low": ratios.quantile(0.25), "ratio_high": ratios.quantile(0.75)}
    return pd.DataFrame(columns).rename_axis("contender").reset_index().assign(row=work.row, unit=work.unit)


def kernel():
    """Return the kernels that the BLAS libraries have chosen for this processor, by which machines are told apart."""
    return ", ".join(sorted({library["architecture"] for library in threadpool_info() if "architecture" in library}))


def main():
    """Measure everything, print the table and write it."""
    rng = np.random.default_rng(0)
    peak = partial(contenders.large_product, rng.standard_normal((SIDE, SIDE), dtype=np.float32), threads=2)
    usable, missing = compilers.find(compilers.LOADERS)
    for name, reason in missing.items():
        print(f"{name} is left out: {reason}")
    tables, peaks = [], []
    # Windows does not remove what is still mapped into memory.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, tqdm(unit="round") as bar:
        printed = [exports.work(Path(folder)), explorer.work(rng)]
        works = [*printed, *workloads.works(rng, Path(folder), usable)]
        bar.reset(total=ROUNDS * len(works))
        for work in works:
            bar.set_description(work.row)
            times = measure(work, peak, ROUNDS, bar)
            tables.append(table(work, times))
            peaks.append(times["peak"].max())
    found = pd.concat(tables)[["row", "contender", "seconds", "unit", "ratio", "ratio_low", "ratio_high"]]
    found["machine"] = f"{machine()}, BLAS kernel {kernel()}, {1e-9 * max(peaks):.0f} Gflop/s at best"
    print(found.drop(columns="machine").to_string(index=False, float_format="%.4g"))
    found = found[~found["row"].isin([work.row for work in printed])]
    found.to_csv(RESULTS, index=False, float_format="%.6g", lineterminator="\n")
    print(f"wrote {RESULTS}")


if __name__ == "__main__":
    main()
