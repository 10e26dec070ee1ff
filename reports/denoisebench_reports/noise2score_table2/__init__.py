"""Table 2 of Noise2Score, filled from results."""
