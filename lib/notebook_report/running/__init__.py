"""Running notebooks: the kernel, what need not run again, progress, provenance, files."""
