"""The endpoint against the protocol, through the official client and through raw HTTP."""
