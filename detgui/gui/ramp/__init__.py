"""The Ramp tab: a pixel's ramp, its line, what is left, and the numbers."""
