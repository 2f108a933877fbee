"""What moves a run: its statuses, the worker, what it writes, what it costs."""
