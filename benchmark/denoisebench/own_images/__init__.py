"""Denoising a user's own images: from noisy files or arrays to the same with less noise."""
