"""From a request to trainings and cells with ids; nothing is computed."""
