"""Applying a denoiser to images."""
