"""The registry of models: what each one is, where it came from, and whether its files are what they were."""
