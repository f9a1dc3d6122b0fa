"""The image in the middle of the window and everything that steps through it or changes how it looks."""
