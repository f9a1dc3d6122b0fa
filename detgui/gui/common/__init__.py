"""What several panels use: colours, icons, numbers with errors, figures."""
