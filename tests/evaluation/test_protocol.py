import pytest
from pydantic import ValidationError

from asdcfer.evaluation.protocol import TTA_NOTES, Protocol


def test_sentence_says_every_fact() -> None:
    protocol = Protocol(
        trained_on="linear classifier on 9 images",
        chosen="penalty",
        chosen_on="public",
        reported_on="PrivateTest",
        tta="features",
        notes=("3 images removed", "wide"),
    )
    assert str(protocol) == (
        f"linear classifier on 9 images{TTA_NOTES['features']}; penalty chosen on public; "
        "reported on PrivateTest; 3 images removed; wide"
    )
    assert protocol.fitting == (
        f"linear classifier on 9 images{TTA_NOTES['features']}; penalty chosen on public"
    )


def test_unknown_facts_are_refused() -> None:
    with pytest.raises(ValidationError):
        Protocol(trained_on="a", reported_on="b", tta="twice")
    with pytest.raises(ValidationError):
        Protocol(trained_on="a", reported_on="b", flip=True)
