"""What the endpoint keeps: objects in SQLite, ids, and which process moves a run."""
