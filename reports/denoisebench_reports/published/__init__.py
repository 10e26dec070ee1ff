"""Published figures and what they say of ours."""
