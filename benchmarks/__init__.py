"""Speed, measured as ratios against others that do the same work side by side: python -m benchmarks."""
