"""Training, export and evaluation of embedding models. Never imported by the rooms that serve."""
