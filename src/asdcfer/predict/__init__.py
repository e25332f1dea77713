"""Recognition of whatever is given: pictures, files, folders and live pictures; rows and tables."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.predict.batch import Settings, Summary, predict_files
    from asdcfer.predict.face_table import FaceTable
    from asdcfer.predict.inputs import Input, collect
    from asdcfer.predict.journal import Journal
    from asdcfer.predict.live import LiveSummary, predict_frames
    from asdcfer.predict.recognizer import Recognizer
    from asdcfer.predict.table_io import read_table, write_table
    from asdcfer.predict.timeline import write_timeline

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Settings": "asdcfer.predict.batch",
        "Summary": "asdcfer.predict.batch",
        "predict_files": "asdcfer.predict.batch",
        "FaceTable": "asdcfer.predict.face_table",
        "Input": "asdcfer.predict.inputs",
        "collect": "asdcfer.predict.inputs",
        "Journal": "asdcfer.predict.journal",
        "LiveSummary": "asdcfer.predict.live",
        "predict_frames": "asdcfer.predict.live",
        "Recognizer": "asdcfer.predict.recognizer",
        "read_table": "asdcfer.predict.table_io",
        "write_table": "asdcfer.predict.table_io",
        "write_timeline": "asdcfer.predict.timeline",
    },
)

__all__ = [
    "FaceTable",
    "Input",
    "Journal",
    "LiveSummary",
    "Recognizer",
    "Settings",
    "Summary",
    "collect",
    "predict_files",
    "predict_frames",
    "read_table",
    "write_table",
    "write_timeline",
]
