"""Noise: families, levels, the reproducible generator."""
