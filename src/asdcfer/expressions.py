"""Expression names, and the label order of each data set with its map to them.

Source: the data sets' own documentation (FER-2013 0..6, RAF-DB basic 1..7, AffectNet 0..7, CK+
    1..7, FER+ vote columns, JAFFE two-letter codes).
"""

EXPRESSIONS: tuple[str, ...] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The seven basic expressions in FER-2013's label order: the order of every score this package
prints.
"""

EXPRESSIONS_WITH_CONTEMPT: tuple[str, ...] = (*EXPRESSIONS, "contempt")
"""The seven and contempt, for the eight-class sets (FER+, AffectNet-8, CK+)."""

FERPLUS_COLUMNS: dict[str, str] = {
    "neutral": "neutral",
    "happiness": "happy",
    "surprise": "surprise",
    "sadness": "sad",
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "contempt": "contempt",
}
"""FER+ vote column -> expression (the columns `unknown` and `NF` carry no expression)."""

RAFDB_LABELS: dict[int, str] = {
    1: "surprise",
    2: "fear",
    3: "disgust",
    4: "happy",
    5: "sad",
    6: "angry",
    7: "neutral",
}
"""RAF-DB basic label -> expression."""

AFFECTNET_LABELS: dict[int, str] = {
    0: "neutral",
    1: "happy",
    2: "sad",
    3: "surprise",
    4: "fear",
    5: "disgust",
    6: "angry",
    7: "contempt",
}
"""AffectNet label -> expression."""

CKPLUS_LABELS: dict[int, str] = {
    0: "neutral",
    1: "angry",
    2: "contempt",
    3: "disgust",
    4: "fear",
    5: "happy",
    6: "sad",
    7: "surprise",
}
"""CK+ emotion code -> expression."""

JAFFE_CODES: dict[str, str] = {
    "AN": "angry",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happy",
    "SA": "sad",
    "SU": "surprise",
    "NE": "neutral",
}
"""JAFFE file-name code -> expression."""

_SYNONYMS: dict[str, str] = {
    "anger": "angry",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
    "contemptuous": "contempt",
}


def expression_of(name: str) -> str | None:
    """Return the expression that a folder or column name means, or None where it means none.

    Args:
        name: a class name in any case; the usual nouns and adjectives are understood ("Anger",
            "happiness", "sad").

    Example:
        >>> expression_of("Happiness"), expression_of("banana")
        ('happy', None)
    """
    word = name.strip().lower()
    word = _SYNONYMS.get(word, word)
    return word if word in EXPRESSIONS_WITH_CONTEMPT else None
