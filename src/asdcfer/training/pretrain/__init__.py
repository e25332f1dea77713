"""Pretraining by recipe, in stages."""
