"""Shared by several verbs of the command line."""
