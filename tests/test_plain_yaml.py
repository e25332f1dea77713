"""YAML from elsewhere: plain values in bounded memory, or one line."""

import time

import pytest

from asdcfer.plain_yaml import DEEPEST, LONGEST_YAML, from_yaml


def laughs(levels: int) -> str:
    """A text whose values repeat themselves tenfold at each level."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (laughs(12), "references are not read"),
        ("a: &a\n  b: *a", "references are not read"),
        ("a: !!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("!!python/name:os.system", "could not determine a constructor"),
        ("--- 1\n--- 2", "single document"),
        ("[" * 5000, "deeper"),
        ("x" * (LONGEST_YAML + 1), "longer"),
        ("a: 2001-13-45", "month"),
        ("a: [", "expected"),
        ("a: \x00", "special characters"),
    ],
    ids=str.split("laughs itself call name two deep long date open control"),
)
def test_what_is_refused_is_refused_at_once_and_in_one_line(text: str, said: str) -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match=said) as caught:
        from_yaml(text)
    assert "\n" not in str(caught.value)
    assert time.process_time() - began < 5


def test_plain_values_are_as_yaml_has_them() -> None:
    text = "a: 1\nb: [yes, 2.5, null, 'x']\nc: {d: 2026-01-02}\n"
    found = from_yaml(text)
    assert found["a"] == 1
    assert found["b"] == [True, 2.5, None, "x"]
    assert str(found["c"]["d"]) == "2026-01-02"
    assert from_yaml("") is None


def test_a_text_as_deep_as_allowed_is_read() -> None:
    found = from_yaml("[" * (DEEPEST - 1) + "]" * (DEEPEST - 1))
    depth = 1
    while found:
        found, depth = found[0], depth + 1
    assert depth == DEEPEST - 1
    with pytest.raises(ValueError, match="deeper"):
        from_yaml("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1))
