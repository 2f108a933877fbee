"""File search: files become text, text becomes passages with a vector each, and a query finds the nearest."""
