"""Support for long computations: threads, workers, a journal, digests of code, files."""
