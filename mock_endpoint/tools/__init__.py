"""The built-in tools: what the endpoint runs itself."""
