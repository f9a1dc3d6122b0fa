"""The hot-pixel tab: darks and parameters above, and its pages (`pages.PAGES`)."""
