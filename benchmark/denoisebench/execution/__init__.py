"""Carrying a plan out: trainings and scores."""
