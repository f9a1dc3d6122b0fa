"""The shell: the main window, its docks, menus and dialogs."""
