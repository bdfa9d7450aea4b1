"""Shared by the tests of the data: a temporary data folder, and a server of the archive with adjustable faults."""

import contextlib
import hashlib
import io
import socket
import tarfile
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.bounds import BOUND
from twolayer.cifar10 import download, locate, synthetic
from twolayer.cifar10.batch_files import CIFAR10

N = 20  # images in each file of the small data sets


def move_in(tmp_path, monkeypatch):
    """Use a temporary data folder, no network and small stand-ins; return the folder."""
    monkeypatch.setattr(locate, "FOLDER", tmp_path / "data")
    monkeypatch.setattr(download, "URL", f"http://127.0.0.1:{closed_port()}/{download.ARCHIVE}")
    monkeypatch.setattr(download, "CONNECT_TIMEOUT", BOUND)
    monkeypatch.setattr(download, "READ_TIMEOUT", BOUND)
    monkeypatch.setattr(synthetic, "write", partial(synthetic.write, n=N))
    for name in ("CIFAR10_DIR", "CIFAR10_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    return locate.FOLDER


def closed_port():
    """Return a port of this machine on which no server listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listing(folder):
    """Return the sorted names in a folder; an empty list if it does not exist."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def pack(folder):
    """Return the folder as an archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in listing(folder):
            tar.add(folder / name, f"{CIFAR10}/{name}")
    return buffer.getvalue()


class Server(ThreadingHTTPServer):
    """Sends the first `given` bytes of `archive` with the length `length`; only the status if `status` is not 200.

    Redirects a download to `elsewhere` if that is not empty. After the last byte it closes the connection, or keeps it
    open if `silent`. The event `asked` is set by the first download, `over` at the end of the test.
    """

    def give(self, archive):
        """Serve this archive without faults from now on; its checksum replaces the canonical one."""
        self.archive, self.status, self.silent, self.elsewhere = archive, 200, False, ""
        self.given = self.length = len(archive)
        self.monkeypatch.setattr(download, "ARCHIVE_SHA256", hashlib.sha256(archive).hexdigest())

    @property
    def url(self):
        """The archive's URL."""
        return f"http://127.0.0.1:{self.server_port}/{download.ARCHIVE}"


class Handler(BaseHTTPRequestHandler):
    """Answers according to the attributes of the server."""

    def do_HEAD(self):
        self.send_response(self.server.status)
        if self.server.length is not None:
            self.send_header("Content-Length", self.server.length if self.server.status == 200 else 0)
        self.end_headers()

    def do_GET(self):
        self.server.asked.set()
        if self.server.elsewhere:
            self.send_response(302)
            self.send_header("Location", self.server.elsewhere)
            self.end_headers()
            return
        self.do_HEAD()
        if self.server.status != 200:
            return
        with contextlib.suppress(ConnectionError):  # the client may close the connection
            self.wfile.write(self.server.archive[: self.server.given])
            self.wfile.flush()
            if self.server.silent:
                self.server.over.wait(BOUND)

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serving(archive, monkeypatch):
    """Serve an archive in place of the canonical one."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.asked, server.over, server.monkeypatch = threading.Event(), threading.Event(), monkeypatch
        server.give(archive)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join(BOUND)
        assert not thread.is_alive()
