"""`bench new`: a plugin to begin with, of any kind, written from the templates in this room."""
