"""One module for each technology behind a port. Only entry points (`__main__`, `local`) import from it."""
