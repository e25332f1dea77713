"""Which faces to label first: diverse, typical, uncertain; loaded when used."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.selection.central import central_rows as central_rows
    from asdcfer.selection.diverse import diverse_rows as diverse_rows
    from asdcfer.selection.diverse import margins as margins
    from asdcfer.selection.face_points import face_points as face_points
    from asdcfer.selection.select_faces import SELECTIONS as SELECTIONS
    from asdcfer.selection.select_faces import select_faces as select_faces
    from asdcfer.selection.stratified import strata_counts as strata_counts
    from asdcfer.selection.stratified import stratified_rows as stratified_rows
    from asdcfer.selection.typical import typical_rows as typical_rows

_MODULES = {
    "SELECTIONS": "asdcfer.selection.select_faces",
    "central_rows": "asdcfer.selection.central",
    "diverse_rows": "asdcfer.selection.diverse",
    "face_points": "asdcfer.selection.face_points",
    "margins": "asdcfer.selection.diverse",
    "select_faces": "asdcfer.selection.select_faces",
    "strata_counts": "asdcfer.selection.stratified",
    "stratified_rows": "asdcfer.selection.stratified",
    "typical_rows": "asdcfer.selection.typical",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
