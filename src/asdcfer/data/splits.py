"""Splits by role: the names under which packs hold the images that train, that choose settings, and
that numbers are reported on.
"""

TRAIN_SPLITS = ("train", "training")
CHOOSING_SPLITS = ("public", "valid", "validation", "val")
TEST_SPLITS = ("private", "test")

HELD_OUT_SPLITS = (*CHOOSING_SPLITS, *TEST_SPLITS)
"""Never trained on unless they are asked for by name."""
