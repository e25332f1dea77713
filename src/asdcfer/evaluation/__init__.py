"""Metrics and the measurement of encoders and models."""
