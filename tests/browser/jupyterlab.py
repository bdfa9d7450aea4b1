"""A JupyterLab for tests, which reads and writes nothing outside its own folder."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.bounds import BOUND


@contextlib.contextmanager
def serving(home, **environment):
    """Serve the folder `home`, with more of the environment; yield a function that returns a notebook's address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={home}"]
    command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=secret"]
    # Neither news nor a look for new versions: both ask the network.
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    settings = home / "jupyter_config_dir" / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True, exist_ok=True)
    # What is not on the screen is there as well.
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=_only_in(home) | environment, stdout=log, stderr=log, cwd=home)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api", server, home / "log")
        yield lambda notebook: f"http://127.0.0.1:{port}/lab/tree/{notebook}?reset&token=secret"
    finally:
        server.terminate()
        server.wait(BOUND)


def _only_in(home):
    """Return an environment in which everything of Jupyter's lies in `home`."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "IPYTHON"))}
    places = {name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    return ours | places | {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}


def _wait_for(address, server, log):
    """Return when the server answers; fail with its log when it has stopped or says nothing for too long."""
    deadline = time.monotonic() + BOUND
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=1).close()
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab does not answer:\n{log.read_text()}")
