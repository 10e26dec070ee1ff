"""`bench doctor`: this machine and this installation, as the suite sees them."""
