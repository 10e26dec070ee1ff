"""denoisebench: a plugin-based benchmark suite for self-supervised image denoising."""

__version__ = "0.1.0"
