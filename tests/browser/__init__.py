"""Tests in a real browser, marked `all`."""
