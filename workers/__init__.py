"""Workers: what happens to one photograph between the queue and its result."""
