"""What tabs with several pages share: the frame, a page with its plots and numbers, and its files."""
