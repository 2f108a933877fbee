"""What moves a response: history, prompt, worker, writer, events."""
