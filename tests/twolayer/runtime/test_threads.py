from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import numpy as np
import pytest
import scipy.linalg
from threadpoolctl import threadpool_info, threadpool_limits

from tests.bounds import BOUND
from twolayer.runtime.threads import ahead, one_thread, parallel


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


def test_every_thread_limits_blas_although_another_has_done_so_before():
    """threadpoolctl heeds one thread only; without the limit, training is slow, and gives other last digits."""

    def inside():
        with one_thread():
            return threads()

    with ThreadPoolExecutor(1) as other, threadpool_limits(limits=2, user_api="blas"):
        assert [other.submit(inside).result(), inside(), other.submit(inside).result()] == [{1}] * 3
        assert threads() == {2}
        first, last = one_thread(), one_thread()
        first.__enter__()
        other.submit(last.__enter__).result()
        first.__exit__(None, None, None)
        assert threads() == {1}
        other.submit(last.__exit__, None, None, None).result()
        assert threads() == {2}


def test_an_exception_lifts_the_limit():
    with threadpool_limits(limits=2, user_api="blas"):
        try:
            with one_thread():
                raise ArithmeticError
        except ArithmeticError:
            assert threads() == {2}


def test_work_has_as_many_threads_of_python_as_blas_had():
    """Each of two tasks waits for the other: they end only side by side."""
    both = Barrier(2, timeout=BOUND)
    with threadpool_limits(limits=2, user_api="blas"), parallel() as of_two:
        assert threads() == {1}
        assert sorted(of_two(lambda _: both.wait(), range(2))) == [0, 1]
        with parallel() as inside:
            assert sorted(inside(lambda _: both.wait(), range(2))) == [0, 1]
    with threadpool_limits(limits=1, user_api="blas"), parallel() as of_one:
        assert of_one is map


def test_numpy_is_silent_in_every_thread():
    for n in (1, 2):
        with threadpool_limits(limits=n, user_api="blas"), parallel() as map_:
            assert np.isinf([*map_(lambda x: np.float32(1e38) * x, np.float32([1e9, 1e9]))]).all()


def test_items_are_made_ahead_in_their_order_and_no_more_than_there_are():
    made = []

    def items():
        for i in range(5):
            made.append(i)
            yield i

    for n in (1, 2):
        made.clear()
        with threadpool_limits(limits=n, user_api="blas"), parallel() as map_:
            assert list(ahead(items(), map_)) == made == [0, 1, 2, 3, 4]


def test_the_next_item_is_made_while_one_is_used():
    going = Event()

    def items():
        yield 1
        going.set()
        yield 2

    with threadpool_limits(limits=2, user_api="blas"), parallel() as map_:
        feed = ahead(items(), map_)
        assert next(feed) == 1
        assert going.wait(BOUND)


def test_an_error_in_making_an_item_is_raised():
    def items():
        yield 1
        raise ArithmeticError

    with threadpool_limits(limits=2, user_api="blas"), parallel() as map_:
        feed = ahead(items(), map_)
        assert next(feed) == 1
        with pytest.raises(ArithmeticError):
            next(feed)
