"""`bench results share`: stored results as a static site."""
