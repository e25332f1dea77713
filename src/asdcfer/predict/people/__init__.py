"""People: tracks of a video or a folder that are of one person."""
