"""The one-process size: API, workers and in-memory broker together. The only room that imports other rooms."""
