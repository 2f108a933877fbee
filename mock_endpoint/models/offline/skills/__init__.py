"""What the offline model knows: one skill a file."""
