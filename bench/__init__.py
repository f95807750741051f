"""Measurements: each module prints ratios taken within one run."""
