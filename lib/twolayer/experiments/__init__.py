"""The experiments of the report: replicates, searches, a zoo of bugs, and their figures."""
