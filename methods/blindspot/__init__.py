"""Laine's blind-spot denoiser (Laine et al., NeurIPS 2019, arXiv 1901.10277)."""
