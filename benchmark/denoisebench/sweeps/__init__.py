"""Scores over a range of noise levels."""
