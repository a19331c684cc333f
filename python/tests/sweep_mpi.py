"""The sweep of test_sweep.py on MPI; prints points, blocks and counts. For mpiexec -n N python3 -m mpi4py.futures."""

import json

import test_sweep
from mpi4py.futures import MPIPoolExecutor

import boresight

if __name__ == "__main__":
    with MPIPoolExecutor() as executor:
        result = boresight.sweep(test_sweep.bpsk, test_sweep.GRID, executor, **test_sweep.LIMITS)
    print(json.dumps(test_sweep.as_lists(result)))
