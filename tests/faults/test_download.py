"""Downloads that break off, stall or have a wrong length: one sentence, and nothing is kept."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tqdm import tqdm

from tests import data_room
from tests.bounds import BOUND
from tests.data_room import N, listing, pack
from twolayer.cifar10 import DataError, download, locate
from twolayer.cifar10.batch_files import CIFAR10
from twolayer.cifar10.load import load

N_CUTS = 10


@pytest.fixture
def server(write_batches, tmp_path, monkeypatch):
    """Serve a small archive in place of the canonical one; data/ is a temporary folder."""
    data_room.move_in(tmp_path, monkeypatch)
    with data_room.serving(pack(write_batches(tmp_path / "images")), monkeypatch) as server:
        monkeypatch.setenv("CIFAR10_URL", server.url)
        yield server


def check_refused(words):
    """Check that the download fails with these words, and that data/ is empty afterwards."""
    with pytest.raises(DataError, match=words) as error:
        locate.find("cifar10")
    assert "\n" not in str(error.value)
    assert listing(locate.FOLDER) == []


def check_good():
    """Check that the next download succeeds."""
    assert len(load(locate.find("cifar10")).y_test) == N


def cuts(server, seed):
    """Return numbers of bytes after which a server stops."""
    return [0, *np.random.default_rng(seed).integers(1, len(server.archive), N_CUTS).tolist()]


def test_a_download_that_is_cut_leaves_nothing(server):
    for given in cuts(server, 1):
        server.given = given
        check_refused(f"download of {server.url} broke off .*: try again, or set CIFAR10_DIR")
    server.give(server.archive)
    check_good()


def test_a_download_that_stalls_times_out(server, monkeypatch):
    server.silent = True
    with monkeypatch.context() as impatient:
        impatient.setattr(download, "READ_TIMEOUT", 0.2)
        for given in cuts(server, 3)[:4]:
            server.given = given
            check_refused(f"download of {server.url} broke off .*: try again, or set CIFAR10_DIR")
    server.give(server.archive)
    check_good()


def test_a_download_that_is_cut_without_a_length_leaves_nothing(server):
    server.length = None
    for given in cuts(server, 2):
        server.given = given
        check_refused("wrong checksum")
    server.give(server.archive)
    check_good()


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (lambda n: n - 1, "wrong checksum"),
        (lambda n: 0, "wrong checksum"),
        (lambda n: n + 1, "broke off"),
        (lambda n: 10**15, "broke off"),
        (lambda n: 10**400, "broke off"),
    ],
    ids=["one less", "zero", "one more", "far more", "beyond the range of a float"],
)
def test_a_wrong_length_is_detected(server, lie, words):
    server.length = lie(len(server.archive))
    check_refused(words)
    with ThreadPoolExecutor(1) as other:
        lock = tqdm.get_lock()
        assert other.submit(lambda: lock.acquire(blocking=False) and lock.release() is None).result(), "left locked"
    server.give(server.archive)
    check_good()


@pytest.mark.parametrize("place", [f"http://{'a' * 70}.com/", "http://a..b/", "http://[::1", "http://a:99999/", "x://"])
def test_a_redirect_to_an_invalid_url_is_an_error(server, place):
    server.elsewhere = place
    check_refused(f"CIFAR10_URL names {server.url}, which cannot be reached .*: correct it or unset it")


@pytest.mark.parametrize("length", [-1, -(10**9), "many", "1.5", "²", "0x10", "9" * 5000, ""])
def test_an_impossible_length_is_ignored(server, length):
    server.length = length
    check_good()


def test_files_of_a_killed_download_are_removed_by_the_next_one(server):
    server.silent, server.given = True, 1000
    code = (
        "import sys; from pathlib import Path; from twolayer.cifar10 import locate; locate.FOLDER = Path(sys.argv[1])"
    )
    run = [sys.executable, "-c", f"{code}; locate.find()", str(locate.FOLDER)]
    with subprocess.Popen(run, stderr=subprocess.DEVNULL) as process:
        assert server.asked.wait(BOUND)
        process.kill()
    assert [name for name in listing(locate.FOLDER) if name.startswith(locate.PREFIX)]
    server.give(server.archive)
    check_good()
    assert listing(locate.FOLDER) == [CIFAR10]
