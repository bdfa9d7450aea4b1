"""How long a test waits for another process, thread or machine before it fails."""

BOUND = 120  # seconds: far more than is needed on a busy machine, so that only what never ends reaches it
