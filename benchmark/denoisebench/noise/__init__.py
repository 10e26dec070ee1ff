"""What noise is: families, levels, the reproducible generator."""
