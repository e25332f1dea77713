"""Fine-tuning of an encoder and a classifier on labels."""
