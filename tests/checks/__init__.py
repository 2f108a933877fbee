"""The checks of the exercises, against an endpoint."""
