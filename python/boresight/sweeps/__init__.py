"""Monte-Carlo error rates over a grid of points, on whatever executor there is.

`boresight.sweep` is the function `sweep` of this module, under the name that one types; there is no module of that
name. Counts are the same to the bit on every executor, and after a stop and a start:

    def task(point, rng):                      # importable, for executors in other processes
        bits = rng.integers(0, 2, 100_000)
        received = 1 - 2 * bits + 10 ** (-point["snr_db"] / 20) * rng.standard_normal(bits.size)
        return {"trials": bits.size, "errors": np.count_nonzero((received < 0) != bits)}

    if __name__ == "__main__":
        with concurrent.futures.ProcessPoolExecutor() as executor:
            result = boresight.sweep(task, {"snr_db": range(0, 11)}, executor, results="bpsk.jsonl")
        print(result.axis("snr_db"), result.rate())

Executors that are tested: none (this thread), ThreadPoolExecutor, ProcessPoolExecutor, dask.distributed's
`client.get_executor()` and mpi4py.futures.MPIPoolExecutor (`mpiexec -n 8 python3 -m mpi4py.futures program.py`).
Clopper-Pearson intervals need SciPy: `pip install boresight[sweep]`.
"""

from ._file import ResultsFileError
from ._interval import Method, binomial_interval
from ._result import Estimator, Point, SweepResult
from ._sweep import Task, TaskError, sweep

__all__ = [
    "Estimator",
    "Method",
    "Point",
    "ResultsFileError",
    "SweepResult",
    "Task",
    "TaskError",
    "binomial_interval",
    "sweep",
]
