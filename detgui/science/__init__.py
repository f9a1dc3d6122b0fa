"""Numbers: arrays in, frozen results out. No file, no thread, no Qt."""
