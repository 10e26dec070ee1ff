"""Figures for the eye."""
