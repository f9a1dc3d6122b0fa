"""The gain tab: a frame with what all pages share, and its pages (`pages.PAGES`)."""
