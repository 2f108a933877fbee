"""Who answers: the offline model, or any OpenAI-compatible server."""
