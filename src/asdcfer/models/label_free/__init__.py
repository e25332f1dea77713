"""Encoders that learn without gradients."""
