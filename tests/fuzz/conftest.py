"""How many cases are made: few and always the same in `make test`, FUZZ_CASES new ones in `make fuzz`."""

from hypothesis import HealthCheck, settings

from tests.fuzz.cases import ALL

COMMON = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True}

settings.register_profile("quick", derandomize=True, **COMMON)
settings.register_profile("long", **COMMON)
settings.load_profile("long" if ALL else "quick")
