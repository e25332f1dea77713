"""Pretraining, fine-tuning and the engine below both."""
