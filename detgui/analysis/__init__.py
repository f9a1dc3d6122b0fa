"""One file per thing the program can measure: Params in, Result out."""
