"""How fast it is, as ratios from one run."""
