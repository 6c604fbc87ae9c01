"""The classifier head: fitted on the catalogue's labels, extended by hand, compared, kept in versions."""
