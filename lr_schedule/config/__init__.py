"""Configs: reading, validation, writing, and the JSON Schema."""
