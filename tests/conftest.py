"""What holds for all tests."""

import os

from hypothesis import settings

# How long one example takes says how busy the machine is, and nothing about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# Tests import ONNX Runtime themselves; it must not report that.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
