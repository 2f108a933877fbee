"""Request bodies with the service's limits, tool declarations, and the objects that answers are made of."""
