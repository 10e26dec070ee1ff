"""What a number means: metrics, protocols, statistics."""
