"""The engine that asks OpenAI-compatible servers and never loses a response."""
