"""What the rules of quality find and miss: `python -m benchmarks.quality [--seed N]`."""
