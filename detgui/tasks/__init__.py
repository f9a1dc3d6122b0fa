"""Run, progress, cancel: threads, processes, cluster."""
