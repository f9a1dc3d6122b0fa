"""Files in and out: FITS exposures, references, tables."""
