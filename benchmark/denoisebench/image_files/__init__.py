"""A user's image file: its pixels plane by plane, and the same file with other pixels."""
