"""One module for each format of a museum's export; `registry.open_source` chooses by the file's name."""
