"""The training engine; it knows no plan."""
