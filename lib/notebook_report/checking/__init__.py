"""Every piece of the notebooks, looked for in both files."""
