"""Comparison of methods under one budget."""
