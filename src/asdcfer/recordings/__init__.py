"""Recordings: faces of videos and photos for a pack, tracked, measured, thinned and split.

* `options.RecordingOptions` says which frames, which faces, how different, split by what;
* `collect_faces.collect_faces` reads one video or photo;
* `face_store.FaceStore` keeps what was read, so that an interrupted run goes on;
* `person_groups` and `group_splits` keep a person in one split;
* `reader.RecordingReader` does all of it for `asdcfer prepare`.
"""
