"""Batch indexing: a museum's export becomes records, images and embeddings, and a snapshot to search."""
