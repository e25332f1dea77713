import pytest
from pydantic import ValidationError

from asdcfer.app.limits import Limits


@pytest.mark.parametrize(
    "limits",
    [
        {"max_upload_mb": 0},
        {"max_pixels": -1},
        {"max_seconds": 0},
        {"max_rate": 0},
        {"max_wait": -1},
        {"max_work": 0},
        {"max_megabytes": 3},
    ],
)
def test_impossible_limits(limits: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Limits(**limits)
