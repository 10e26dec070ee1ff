"""Public image sets: catalog, samples, downloads."""
