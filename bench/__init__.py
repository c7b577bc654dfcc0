"""Benchmarks: ours beside a floor of a few lines, in one run, as a ratio. `python -m bench [NAME ...]`."""
