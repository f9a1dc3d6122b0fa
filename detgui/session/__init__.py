"""What is open, chosen and shown; QtCore only."""
