"""Ways to pretrain an encoder without labels."""
