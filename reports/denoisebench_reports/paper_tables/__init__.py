"""Tables of papers, filled from results: each is a TOML file here, read by `definition`."""
