"""Widgets and pictures: the only room with QtWidgets and pyqtgraph."""
