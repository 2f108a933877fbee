"""The tools that the endpoint runs itself."""
