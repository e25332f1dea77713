"""Where work is done: what cannot be is refused before anything is read."""

import pytest

from asdcfer.engines import engine
from asdcfer.engines.engine import Engine
from asdcfer.errors import InputError, MissingPackageError


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("spark",), "`engine=spark`: choose local or ray"),
        (("local", "auto"), "`address` is for `engine=ray`"),
        (("local", "local", 0), "`workers=0`: expected 1 or more"),
    ],
)
def test_what_cannot_be_is_refused(words, told) -> None:
    with pytest.raises(InputError, match=told):
        Engine(*words)


def test_ray_that_is_not_installed_is_named_with_its_extra(monkeypatch) -> None:
    monkeypatch.setattr("asdcfer.extras.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError) as caught:
        Engine("ray")
    wanted = "`engine=ray` needs ray: pip install 'asdcfer[ray]', or leave it away"
    assert str(caught.value) == wanted


def test_only_ray_spreads(monkeypatch) -> None:
    monkeypatch.setattr(engine, "require", lambda *words: None)
    assert [Engine().spread, Engine("ray").spread] == [False, True]
