"""Recordings: faces of videos and photos for a pack, tracked, measured, thinned and split.

* `options.RecordingOptions` says which frames, which faces, how different, split by what;
* `collect_faces.collect_faces` reads one video or photo;
* `face_store.FaceStore` keeps what was read, so that an interrupted run goes on;
* `person_groups` and `group_splits` keep a person in one split;
* `reader.RecordingReader` does all of it for `asdcfer prepare`.
"""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.recordings.collect_faces import Finder as Finder
    from asdcfer.recordings.collect_faces import Found as Found
    from asdcfer.recordings.face_store import FaceStore as FaceStore
    from asdcfer.recordings.group_splits import split_groups as split_groups
    from asdcfer.recordings.options import RecordingOptions as RecordingOptions
    from asdcfer.recordings.person_groups import seen_together as seen_together
    from asdcfer.recordings.reader import RecordingReader as RecordingReader

_MODULES = {
    "FaceStore": "asdcfer.recordings.face_store",
    "Finder": "asdcfer.recordings.collect_faces",
    "Found": "asdcfer.recordings.collect_faces",
    "RecordingOptions": "asdcfer.recordings.options",
    "RecordingReader": "asdcfer.recordings.reader",
    "seen_together": "asdcfer.recordings.person_groups",
    "split_groups": "asdcfer.recordings.group_splits",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
