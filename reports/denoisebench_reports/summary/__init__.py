"""Averages of results, and marks of what is best or tied."""
