"""Threads wait for each other by events here: nothing sleeps."""

from threading import Event, active_count

import pytest

from explorer.worker import Worker
from tests.bounds import BOUND


@pytest.fixture
def failures():
    return []


@pytest.fixture
def worker(failures):
    worker = Worker(failures.append)
    yield worker
    worker.close(BOUND)
    assert not worker._thread.is_alive()


class Endless:
    """A task that checks again and again, and says where it is."""

    def __init__(self):
        self.begun, self.ended, self.steps = Event(), Event(), 0

    def __call__(self, check):
        try:
            while True:
                self.steps += 1
                check()
                self.begun.set()
        finally:
            self.ended.set()


def test_a_task_is_done(worker):
    done = []
    worker.submit(lambda check: done.append(check()))
    assert worker.wait(BOUND)
    assert done == [None]


def test_a_newer_task_cancels_the_one_under_way(worker, failures):
    endless, done = Endless(), Event()
    worker.submit(endless)
    assert endless.begun.wait(BOUND)
    worker.submit(lambda check: done.set())
    assert endless.ended.wait(BOUND)
    assert done.wait(BOUND)
    assert failures == []


def test_only_the_latest_task_is_begun(worker):
    first, go, done = Event(), Event(), []

    def busy(check):
        first.set()
        go.wait(BOUND)

    worker.submit(busy)
    assert first.wait(BOUND)
    for i in range(5):
        worker.submit(lambda check, i=i: done.append(i))
    go.set()
    assert worker.wait(BOUND)
    assert done == [4]


def test_stop_ends_a_task_and_the_next_one_is_done(worker):
    endless, done = Endless(), Event()
    worker.submit(endless)
    assert endless.begun.wait(BOUND)
    worker.stop()
    assert endless.ended.wait(BOUND)
    assert worker.wait(BOUND)
    worker.submit(lambda check: (check(), done.set()))
    assert done.wait(BOUND)


def test_stop_without_a_task_cancels_nothing_later(worker):
    done = Event()
    worker.stop()
    worker.submit(lambda check: (check(), done.set()))
    assert done.wait(BOUND)


def test_a_paused_task_waits_and_goes_on(worker):
    checked, paused, went_on = Event(), Event(), Event()

    def task(check):
        check()
        checked.set()
        paused.wait(BOUND)
        check()
        went_on.set()

    worker.submit(task)
    assert checked.wait(BOUND)
    worker.pause()
    paused.set()
    assert not worker.wait(0.05)  # it would be done at once
    assert not went_on.is_set()
    worker.resume()
    assert went_on.wait(BOUND)


@pytest.mark.parametrize("end", ["stop", "submit"])
def test_a_paused_task_can_be_cancelled(worker, end):
    endless = Endless()
    worker.submit(endless)
    assert endless.begun.wait(BOUND)
    worker.pause()
    worker.stop() if end == "stop" else worker.submit(lambda check: check())
    assert endless.ended.wait(BOUND)
    assert worker.wait(BOUND)


def test_an_error_is_handed_out_and_the_worker_lives_on(worker, failures):
    worker.submit(lambda check: 1 / 0)
    assert worker.wait(BOUND)
    assert [type(error) for error in failures] == [ZeroDivisionError]
    done = Event()
    worker.submit(lambda check: done.set())
    assert done.wait(BOUND)


def test_closing_leaves_no_thread(failures):
    before = active_count()
    worker, endless = Worker(failures.append), Endless()
    worker.submit(endless)
    assert endless.begun.wait(BOUND)
    worker.close(BOUND)
    assert active_count() == before
