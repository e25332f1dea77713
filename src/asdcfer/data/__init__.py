"""Packs of faces, and everything that is known of their images."""
