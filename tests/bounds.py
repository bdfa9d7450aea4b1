"""How long a test waits for another process, thread or machine before it fails."""

BOUND = 300  # seconds: much more than anything needs on a busy machine, so that only what never ends reaches it
