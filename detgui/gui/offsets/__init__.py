"""The offsets tab: a frame with what all pages share, and its pages (`pages.PAGES`)."""
