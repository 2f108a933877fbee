"""What stands before and around an operation: the gate, a request's context, failures on request."""
