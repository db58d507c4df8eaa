"""Benchmarks. Each prints ratios against a peer measured in the same run: machines differ, ratios less."""
