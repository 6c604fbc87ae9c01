"""The pipeline's benchmark: what a search costs beside the decoding and encoding that nobody can spare it."""
