"""What lies outside Python: files, the operating system, the packages that are installed."""
