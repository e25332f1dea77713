"""Settings of `predict`: frozen, the command line's defaults, and the frames that they take."""

from typing import Any

import pytest

from asdcfer.api.prediction_settings import PredictOutputs, PredictSettings
from asdcfer.errors import InputError
from asdcfer.recognition.frame_sampling import FrameSampling
from tests.api.any_settings import has_the_defaults_of, is_frozen_and_explained


@pytest.mark.parametrize("kind", [PredictSettings, PredictOutputs])
def test_the_command_line_has_the_same_defaults(kind: Any) -> None:
    has_the_defaults_of("predict", kind)


@pytest.mark.parametrize("kind", [PredictSettings, PredictOutputs])
def test_settings_cannot_be_changed_and_say_what_they_mean(kind: Any) -> None:
    is_frozen_and_explained(kind)


def test_the_frames_of_a_video_follow_from_the_settings() -> None:
    assert PredictSettings().sampling == FrameSampling()
    part = PredictSettings(fps=5.0, start=1.0, end=2.5)
    assert part.sampling == FrameSampling(fps=5.0, start=1.0, end=2.5)


def test_settings_that_take_no_frame_are_refused() -> None:
    with pytest.raises(InputError):
        _ = PredictSettings(every=0).sampling
