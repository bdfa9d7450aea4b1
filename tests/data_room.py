"""What the tests of the data share: a data folder of one's own, and a server that gives an archive, or is faulty."""

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
PAUSES = {"silent": 60, "dripping": 0.001}  # seconds between two bytes


def move_in(tmp_path, monkeypatch):
    """Work in a data folder of our own, without a network, and generate small stand-ins only; return the folder."""
    monkeypatch.setattr(locate, "FOLDER", tmp_path / "data")
    monkeypatch.setattr(download, "URL", f"http://127.0.0.1:{closed_port()}/{download.ARCHIVE}")
    monkeypatch.setattr(synthetic, "write", partial(synthetic.write, n=N))
    for name in ("CIFAR10_DIR", "CIFAR10_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    return locate.FOLDER


def closed_port():
    """Return a port of this machine at which nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listing(folder):
    """Return the names of what lies in a folder; nothing lies in one that is not there."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def pack(folder, extra=()):
    """Return the folder as an archive, with more members in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in listing(folder):
            tar.add(folder / name, f"{CIFAR10}/{name}")
        for member in extra:
            tar.addfile(member)
    return buffer.getvalue()


class Server(ThreadingHTTPServer):
    """Gives the first `given` bytes of `archive`, and says that they are `length`; nothing but `status` if not 200.

    When it is asked for more than its headers, it sends the other side on to `elsewhere` if that is not empty.

    `afterwards` it hangs up, is "silent", or goes on with one byte now and then: "dripping". `asked` is set when it has
    been asked for the archive, `over` when no one will ask any more.
    """

    def give(self, archive):
        """Be a good server of this archive from now on; its checksum is taken for the canonical one."""
        self.archive, self.status, self.afterwards, self.elsewhere = archive, 200, None, ""
        self.given = self.length = len(archive)
        self.monkeypatch.setattr(download, "ARCHIVE_SHA256", hashlib.sha256(archive).hexdigest())

    @property
    def url(self):
        """The archive's address."""
        return f"http://127.0.0.1:{self.server_port}/{download.ARCHIVE}"


class Handler(BaseHTTPRequestHandler):
    """Answers as the server is told to."""

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
        with contextlib.suppress(ConnectionError):  # the other side may hang up
            self.wfile.write(self.server.archive[: self.server.given])
            self.wfile.flush()
            while self.server.afterwards and not self.server.over.wait(PAUSES[self.server.afterwards]):
                self.wfile.write(b"\0")

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
