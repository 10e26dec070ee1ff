"""Ranking denoisers on images without clean versions."""
