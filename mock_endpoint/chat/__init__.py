"""A chat completion: what its model is shown, and what comes back."""
