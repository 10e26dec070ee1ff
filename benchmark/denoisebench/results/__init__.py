"""Results on disk and what is kept beside them."""
