import socket
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests import data_room
from tests.bounds import BOUND
from tests.data_room import closed_port, listing, pack
from twolayer.cifar10 import DataError, download, locate, synthetic
from twolayer.cifar10.batch_files import CIFAR10, FILES
from twolayer.cifar10.load import load
from twolayer.runtime.files import FileError

PROJECT = Path(__file__).parents[3]
FOLDER, CONNECT_TIMEOUT = locate.FOLDER, download.CONNECT_TIMEOUT  # before the tests replace them


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    return data_room.move_in(tmp_path, monkeypatch)


@pytest.fixture
def folder(write_batches, tmp_path):
    return write_batches(tmp_path / "elsewhere" / CIFAR10)


# Find


@pytest.mark.skipif(not (PROJECT / "notebooks").is_dir(), reason="the library is installed without its project")
def test_the_project_keeps_its_data_in_its_own_folder():
    assert FOLDER == PROJECT / "data"


def test_a_library_without_its_project_keeps_data_in_the_user_s_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert tmp_path not in locate.folder_for_data(tmp_path).parents or "cache" in locate.folder_for_data(tmp_path).parts
    (tmp_path / "notebooks").mkdir()
    assert locate.folder_for_data(tmp_path) == tmp_path / "data"


def test_cifar10_dir_comes_first(folder, room, write_batches, monkeypatch):
    write_batches(room / CIFAR10)
    monkeypatch.setenv("CIFAR10_DIR", str(folder))
    assert locate.find() == folder
    monkeypatch.setenv("CIFAR10_DIR", "")
    assert locate.find() == room / CIFAR10


def test_cifar10_dir_may_contain_the_folder(folder, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(folder.parent))
    assert locate.find() == folder


def test_cifar10_dir_may_be_a_relative_path(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    monkeypatch.setenv("CIFAR10_DIR", folder.name)
    assert locate.find() == folder


@pytest.mark.parametrize("level", ["folder", "folder in the folder"])
def test_a_missing_file_in_cifar10_dir_is_an_error(folder, room, write_batches, monkeypatch, level):
    write_batches(room / CIFAR10)
    (folder / "test_batch").unlink()
    monkeypatch.setenv("CIFAR10_DIR", str(folder if level == "folder" else folder.parent))
    with pytest.raises(DataError, match=f"{folder} lacks test_batch"):
        locate.find()


def test_cifar10_dir_that_is_not_a_folder_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"CIFAR10_DIR names .*nowhere, which is not a folder"):
        locate.find()


def test_an_incomplete_folder_in_data_is_an_error(room, write_batches):
    (write_batches(room / CIFAR10) / "batches.meta").unlink()
    with pytest.raises(DataError, match=r"lacks batches\.meta: .*remove it, and it will be made again"):
        locate.find()


def test_existing_data_is_not_downloaded(room, write_batches, monkeypatch):
    write_batches(room / CIFAR10)
    monkeypatch.setattr(locate, "downloaded", lambda: pytest.fail("downloaded again"))
    assert locate.find() == room / CIFAR10


def test_without_a_network_a_stand_in_is_generated_and_found_again(room, capsys, monkeypatch):
    found = locate.find()
    assert found == room / locate.STAND_IN
    assert load(found).provenance.kind == "stand-in"
    printed = capsys.readouterr()
    assert "cannot be reached (ConnectionError)" in printed.err
    assert "CIFAR-10 is replaced by a generated stand-in." in printed.err
    assert printed.out == ""
    monkeypatch.setattr(synthetic, "write", lambda folder: pytest.fail("generated twice"))
    assert locate.find() == found
    assert listing(room) == [locate.STAND_IN]


def test_a_server_that_does_not_answer_counts_as_no_network(room, monkeypatch, capsys):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(download, "URL", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        monkeypatch.setattr(download, "READ_TIMEOUT", 0.01)
        assert locate.find() == room / locate.STAND_IN
    assert "cannot be reached (ReadTimeout)." in capsys.readouterr().err


def test_the_wait_for_a_connection_is_short():
    assert CONNECT_TIMEOUT <= 12


def test_cifar10_refuses_to_generate_a_stand_in(room):
    with pytest.raises(DataError, match="cannot be downloaded: connect to a network, or set CIFAR10_DIR"):
        locate.find("cifar10")
    assert listing(room) == []


def test_cifar10_refuses_an_existing_stand_in(write_batches, tmp_path, monkeypatch):
    copy = write_batches(tmp_path / "copy", class_names=[f"stand-in {i}" for i in range(10)])
    monkeypatch.setenv("CIFAR10_DIR", str(copy))
    with pytest.raises(DataError, match="copy holds a generated stand-in: set CIFAR10_DIR"):
        load(choice="cifar10")


def test_stand_in_ignores_all_other_data(folder, room, write_batches, monkeypatch):
    write_batches(room / CIFAR10)
    monkeypatch.setenv("CIFAR10_DIR", str(folder))
    assert locate.find("stand-in") == room / locate.STAND_IN


def test_an_unknown_choice_is_an_error():
    with pytest.raises(DataError, match="no data set 'mnist': choose one of auto, cifar10, stand-in"):
        locate.find("mnist")


def test_an_interrupted_generation_leaves_nothing(room, monkeypatch):
    def interrupted(folder):
        folder.mkdir()
        for name in FILES:
            (folder / name).write_bytes(b"")
        raise KeyboardInterrupt

    monkeypatch.setattr(synthetic, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        locate.find("stand-in")
    assert listing(room) == []


def test_a_data_folder_that_cannot_be_written_to_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(locate, "FOLDER", tmp_path / "file" / "data")
    with pytest.raises(DataError, match=r"file/data cannot be written \(Not a directory\): free some space"):
        locate.find("stand-in")


# Several processes


MAKE = """
import sys
from pathlib import Path
from twolayer.cifar10 import locate

def write(folder):
    folder.mkdir()
    print(folder.parent.name, flush=True)
    sys.stdin.read()
    for name in locate.FILES:
        (folder / name).touch()

locate.FOLDER = Path(sys.argv[1])
locate.make(locate.STAND_IN, write)
"""


@pytest.fixture
def start(room):
    """Return a function that starts a process which makes the stand-in, and returns it with the name of its folder."""
    started = []

    def start():
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", MAKE, str(room)], stdin=pipe, stdout=pipe, text=True)
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=BOUND)


def kill(process):
    process.kill()
    process.communicate(timeout=BOUND)


def test_the_next_process_removes_what_a_killed_one_left(room, start):
    process, its = start()
    kill(process)
    (room / "incomplete-file").write_text("not a folder")
    (room / "incomplete-link").symlink_to(room)
    assert its in listing(room)
    locate.find("stand-in")
    assert [name for name in listing(room) if name != locate.LOCK] == [
        "incomplete-file",
        "incomplete-link",
        locate.STAND_IN,
    ]


def test_the_unfinished_folder_of_a_running_process_is_kept(room, start, monkeypatch):
    _, its = start()
    monkeypatch.setattr(locate, "LONGEST_WAIT", 0.01)
    with pytest.raises(FileError, match=r"is locked by another process: wait until it has finished, or stop it\.$"):
        locate.find("stand-in")
    assert listing(room / its) == [locate.STAND_IN]


def test_a_second_process_waits_for_the_first_and_uses_its_data(room, start):
    process, _ = start()
    with ThreadPoolExecutor(1) as threads:
        second = threads.submit(locate.make, locate.STAND_IN, lambda folder: pytest.fail("made twice"))
        process.communicate(timeout=BOUND)
        assert second.result(BOUND) == room / locate.STAND_IN
    assert listing(room) == [locate.STAND_IN]


# Download


@pytest.fixture
def server(folder, monkeypatch):
    """Serve a small archive in place of the canonical one."""
    with data_room.serving(pack(folder), monkeypatch) as server:
        monkeypatch.setattr(download, "URL", server.url)
        yield server


def test_cifar10_is_downloaded_and_kept_without_its_archive(server, folder, room, capsys):
    found = locate.find("cifar10")
    assert found == room / CIFAR10
    assert listing(room) == [CIFAR10]
    assert listing(found) == sorted(FILES)
    assert all((found / name).read_bytes() == (folder / name).read_bytes() for name in FILES)
    assert f"{download.ARCHIVE}: 100%" in capsys.readouterr().err


def test_cifar10_url_replaces_the_canonical_url(server, room, monkeypatch):
    monkeypatch.setenv("CIFAR10_URL", f"http://127.0.0.1:{server.server_port}/mirror.tar.gz")
    monkeypatch.setattr(download, "URL", f"http://127.0.0.1:{closed_port()}/")
    assert locate.find() == room / CIFAR10


@pytest.mark.parametrize("filtered", [True, False], ids=["Python 3.11.4", "Python 3.11.0"])
def test_the_archive_is_unpacked_with_the_data_filter_if_python_has_it(folder, tmp_path, monkeypatch, filtered):
    """The files are the same, but the filter removes the group's permission to write."""
    if not filtered and sys.version_info >= (3, 12):
        pytest.skip("this Python has filters")
    if filtered and not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python has none")
    if not filtered:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    (folder / "test_batch").chmod(0o666)
    (tmp_path / "archive").write_bytes(pack(folder))
    download.unpack(tmp_path / "archive", tmp_path / "unpacked")
    found = tmp_path / "unpacked" / CIFAR10
    assert listing(found) == sorted(FILES)
    assert all((found / name).read_bytes() == (folder / name).read_bytes() for name in FILES)
    assert bool((found / "test_batch").stat().st_mode & 0o020) is not filtered


def test_a_wrong_checksum_is_an_error_and_nothing_is_kept(server, room, monkeypatch):
    monkeypatch.setattr(download, "ARCHIVE_SHA256", "0" * 64)
    with pytest.raises(DataError, match=r"is not the archive of CIFAR-10 \(wrong checksum\).*CIFAR10_DIR"):
        locate.find()
    assert listing(room) == []


@pytest.mark.parametrize("status", [404, 500, 599])
def test_an_error_of_the_canonical_server_counts_as_no_network(server, room, capsys, status):
    server.status = status
    assert locate.find() == room / locate.STAND_IN
    assert listing(room) == [locate.STAND_IN]
    sentence = f"{server.url} answered with HTTP status {status}."
    assert f"{sentence}\nCIFAR-10 is replaced by a generated stand-in.\n" in capsys.readouterr().err


@pytest.mark.parametrize("status", [204, 304, 999])
def test_an_answer_without_the_archive_is_a_wrong_checksum(server, room, status):
    server.status = status
    with pytest.raises(DataError, match="wrong checksum"):
        locate.find()
    assert listing(room) == []


def test_cifar10_is_an_error_if_the_canonical_server_answers_with_an_error(server, room, capsys):
    server.status = 404
    with pytest.raises(DataError, match="cannot be downloaded: connect to a network, or set CIFAR10_DIR"):
        locate.find("cifar10")
    assert "answered with HTTP status 404." in capsys.readouterr().err
    assert listing(room) == []


@pytest.mark.parametrize("choice", ["auto", "cifar10"])
@pytest.mark.parametrize("status", [404, 503])
def test_an_error_at_cifar10_url_is_an_error(server, room, monkeypatch, choice, status):
    server.status = status
    monkeypatch.setenv("CIFAR10_URL", server.url)
    with pytest.raises(
        DataError,
        match=f"^CIFAR10_URL names {server.url}, which answered with HTTP status {status}: correct it or unset it",
    ):
        locate.find(choice)
    assert listing(room) == []


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/x.tar.gz", "no-scheme/x.tar.gz", "ftp://127.0.0.1"])
def test_cifar10_url_that_cannot_be_reached_is_an_error(room, monkeypatch, url):
    url = url.format(port=closed_port())
    monkeypatch.setenv("CIFAR10_URL", url)
    with pytest.raises(DataError, match=f"CIFAR10_URL names {url}, which cannot be reached"):
        locate.find()
    assert listing(room) == []


@pytest.fixture(params=["download", "unpacking"])
def fail(request, monkeypatch):
    """Return a function that makes the download, or the unpacking, raise an exception."""

    def fail(error):
        def failing(source, folder):
            Path(folder, "some of it").write_bytes(b"1")
            raise error

        def failing_fetch(url, path):
            failing(url, path.parent)

        if request.param == "download":
            monkeypatch.setattr(download, "fetch", failing_fetch)
        else:
            monkeypatch.setattr(download, "unpack", failing)

    return fail


def test_a_full_disk_is_an_error_and_nothing_is_kept(server, room, fail):
    fail(OSError(28, "No space left on device"))
    with pytest.raises(DataError, match=r"data cannot be written \(No space left on device\): free some space"):
        locate.find()
    assert listing(room) == []


def test_an_interrupted_download_leaves_nothing(server, room, fail):
    fail(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        locate.find()
    assert listing(room) == []


def test_the_proxies_of_the_environment_are_used(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    with pytest.raises(download.Unavailable, match=requests.exceptions.ProxyError.__name__):
        download.answer("http://cifar.invalid/")
