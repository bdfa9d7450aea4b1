"""How many cases are made: few and always the same in `make test`, FUZZ_CASES new ones in `make fuzz`."""

import faulthandler

import pytest
from hypothesis import HealthCheck, settings

from tests.fuzz.cases import ALL
from tests.notebook_report.conftest import compiler as compiler  # which all PDFs of a session share

COMMON = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}

settings.register_profile("quick", derandomize=True, **COMMON)
settings.register_profile("long", **COMMON)
settings.load_profile("long" if ALL else "quick")


def pytest_itemcollected(item):
    """Let a test go on for as long as its many cases take, each of which has its own bound."""
    if ALL:
        item.add_marker(pytest.mark.timeout(0))


@pytest.fixture(autouse=True)
def _go_on():
    if ALL:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    """Let what a failure is told with be text that can be sent from worker to worker, whatever the case holds."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report
