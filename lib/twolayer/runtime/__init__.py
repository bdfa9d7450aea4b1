"""What long computations stand on: threads, workers, a journal, digests of code, files."""
