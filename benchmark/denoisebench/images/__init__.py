"""Images: pixels, sets, overlap between sets."""
