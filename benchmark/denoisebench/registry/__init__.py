"""Finding plugins and what they offer."""
