"""The shared core of Vitrine: domain, ports and the rules that need no I/O; `adapters` holds what touches the world."""
