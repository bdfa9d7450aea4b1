import numpy as np
import scipy.linalg
from threadpoolctl import threadpool_info, threadpool_limits

from twolayer.runtime.threads import one_thread


def threads():
    """Return the numbers of threads of NumPy's and SciPy's BLAS."""
    scipy.linalg.get_blas_funcs("gemm", dtype=np.float32)
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_the_limit_holds_until_the_last_thread_is_done():
    with threadpool_limits(limits=2, user_api="blas"):
        first, second = one_thread(), one_thread()
        first.__enter__()
        second.__enter__()
        assert threads() == {1}
        first.__exit__(None, None, None)
        assert threads() == {1}
        second.__exit__(None, None, None)
        assert threads() == {2}
        with one_thread():
            assert threads() == {1}


def test_an_exception_lifts_the_limit():
    with threadpool_limits(limits=2, user_api="blas"):
        try:
            with one_thread():
                raise ArithmeticError
        except ArithmeticError:
            assert threads() == {2}
