"""From one picture or video to faces and their expressions."""

from typing import TYPE_CHECKING

from asdcfer.lazy_names import lazy_names

if TYPE_CHECKING:
    from asdcfer.recognition.alignment import face_crops
    from asdcfer.recognition.camera import camera_frames
    from asdcfer.recognition.detection import Detection, Detector
    from asdcfer.recognition.draw import draw_faces
    from asdcfer.recognition.face import Face
    from asdcfer.recognition.options import DetectionOptions, TrackingOptions
    from asdcfer.recognition.runtime import Runtime
    from asdcfer.recognition.stream import stream_frames
    from asdcfer.recognition.tracking import FaceTracker
    from asdcfer.recognition.video import Frame, read_frames
    from asdcfer.recognition.video_source import VideoHeader, read_header

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "face_crops": "asdcfer.recognition.alignment",
        "camera_frames": "asdcfer.recognition.camera",
        "Detection": "asdcfer.recognition.detection",
        "Detector": "asdcfer.recognition.detection",
        "draw_faces": "asdcfer.recognition.draw",
        "Face": "asdcfer.recognition.face",
        "DetectionOptions": "asdcfer.recognition.options",
        "TrackingOptions": "asdcfer.recognition.options",
        "Runtime": "asdcfer.recognition.runtime",
        "stream_frames": "asdcfer.recognition.stream",
        "FaceTracker": "asdcfer.recognition.tracking",
        "Frame": "asdcfer.recognition.video",
        "VideoHeader": "asdcfer.recognition.video_source",
        "read_frames": "asdcfer.recognition.video",
        "read_header": "asdcfer.recognition.video_source",
    },
)

__all__ = [
    "Detection",
    "DetectionOptions",
    "Detector",
    "Face",
    "FaceTracker",
    "Frame",
    "Runtime",
    "TrackingOptions",
    "VideoHeader",
    "camera_frames",
    "draw_faces",
    "face_crops",
    "read_frames",
    "read_header",
    "stream_frames",
]
