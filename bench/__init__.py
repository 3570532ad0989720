"""Measures every figure of docs/performance.md in one run: `make bench` writes bench/results.json."""
