"""The meaning of a number: metrics, protocols, statistics."""
