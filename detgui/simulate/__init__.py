"""Exposures with known truth."""
