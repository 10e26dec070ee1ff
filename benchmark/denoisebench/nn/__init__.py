"""What methods are built from: networks, padding, losses, likelihoods."""
