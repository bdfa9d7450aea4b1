"""How many cases are made: few and always the same in `make test`, FUZZ_CASES new ones in `make fuzz`."""

import pytest
from hypothesis import HealthCheck, settings

from tests.fuzz.cases import ALL

COMMON = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}

settings.register_profile("quick", derandomize=True, **COMMON)
settings.register_profile("long", **COMMON)
settings.load_profile("long" if ALL else "quick")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport():
    """Let what a failure is told with be text that can be sent from worker to worker, whatever the case holds."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report
