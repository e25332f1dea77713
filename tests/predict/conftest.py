from tests.recognition.conftest import clip, model, recognizer

__all__ = ["clip", "model", "recognizer"]
