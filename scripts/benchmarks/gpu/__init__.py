"""`scripts/bench gpu`: what a graphics card gives, beside what it could give. Needs torch; asks for the rest."""
