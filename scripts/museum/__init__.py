"""The demo museum: objects that never were, drawn, photographed and catalogued by a program."""
