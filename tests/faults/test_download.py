"""Servers that cut a download, stall or lie about its length: one sentence, and nothing half-made is kept."""

import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from twolayer import data
from twolayer.data import DataError

N_CUTS = 10


class Handler(BaseHTTPRequestHandler):
    """Gives the first `given` bytes of the server's archive, says that they are `length`, and perhaps goes silent."""

    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        server = self.server
        self.send_response(200)
        if server.length is not None:
            self.send_header("Content-Length", server.length)
        self.end_headers()
        self.wfile.write(server.archive[: server.given])
        if server.silent:
            self.wfile.flush()
            server.over.wait(60)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(write_batches, tmp_path, monkeypatch):
    """Serve a small archive in place of the canonical one; data/ is a folder of its own."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(write_batches(tmp_path / "images"), data.CIFAR10)
    monkeypatch.setattr(data, "FOLDER", tmp_path / "data")
    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    monkeypatch.setattr(data, "STALLED_AFTER", 0.2)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.archive, server.over, server.silent = buffer.getvalue(), threading.Event(), False
        server.given = server.length = len(server.archive)
        monkeypatch.setattr(data, "ARCHIVE_SHA256", hashlib.sha256(server.archive).hexdigest())
        monkeypatch.setenv("CIFAR10_URL", f"http://127.0.0.1:{server.server_port}/{data.ARCHIVE}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


def check_refused(words):
    """Check that the download fails with these words, and that data/ is empty afterwards."""
    with pytest.raises(DataError, match=words) as error:
        data.find("cifar10")
    assert "\n" not in str(error.value)
    assert list(data.FOLDER.iterdir()) == []


def check_good(server):
    """Check that the next download, of the whole archive, gives the data."""
    server.given = server.length = len(server.archive)
    server.silent = False
    assert len(data.load(data.find("cifar10")).y_test) == 20


@pytest.mark.parametrize("silent", [False, True])
def test_a_download_cut_at_any_byte_keeps_nothing(server, silent):
    server.silent = silent
    for given in [0, *np.random.default_rng(1).integers(1, len(server.archive), N_CUTS).tolist()]:
        server.given = given
        check_refused("broke off")
    check_good(server)


def test_a_server_that_closes_too_soon_without_a_length_keeps_nothing(server):
    server.length = None
    for given in np.random.default_rng(2).integers(0, len(server.archive), N_CUTS).tolist():
        server.given = given
        check_refused("wrong checksum")
    check_good(server)


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (lambda n: n - 1, "wrong checksum"),
        (lambda n: 0, "wrong checksum"),
        (lambda n: n + 1, "broke off"),
        (lambda n: 10**15, "broke off"),
    ],
    ids=["one less", "none", "one more", "far more"],
)
def test_a_server_that_lies_about_the_length_is_not_believed(server, lie, words):
    server.length = lie(len(server.archive))
    check_refused(words)
    check_good(server)


def test_a_negative_length_harms_nothing(server):
    server.length = -1
    assert len(data.load(data.find("cifar10")).y_test) == 20


def test_a_length_that_is_no_number_keeps_nothing(server):
    server.length = "many"
    check_refused("gave another|broke off")
    check_good(server)
