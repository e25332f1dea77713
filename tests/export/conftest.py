from tests.recognition.conftest import clip, exported, faces, model, recognizer

__all__ = ["clip", "exported", "faces", "model", "recognizer"]
