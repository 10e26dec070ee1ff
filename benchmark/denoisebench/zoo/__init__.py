"""Training, checking and importing the weights that methods ship with."""
