"""detgui: see what a JWST detector did to a ramp."""

__version__ = "0.1.0"
