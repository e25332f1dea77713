"""Encoders, heads, their weights and their cards."""
