"""The noise tab: what is seen, steps of the pipeline that may help, and the comparison."""
