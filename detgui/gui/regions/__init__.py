"""What is drawn: the list, its numbers, and what can be done to it."""
