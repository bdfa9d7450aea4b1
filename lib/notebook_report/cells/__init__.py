"""One cell: its options, and what is shown of its outputs."""
