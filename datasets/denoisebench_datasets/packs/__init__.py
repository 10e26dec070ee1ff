"""Image sets packed in one file."""
