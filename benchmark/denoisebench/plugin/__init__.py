"""What authors of plugins import."""
