"""Names of splits: those of folders, files and columns, alone or inside a longer name."""

from collections.abc import Collection

from asdcfer.data.datasets.label_words import words_of

SPLIT_NAMES: dict[str, str] = {
    name: split
    for split, names in {
        "train": "train training train_set entrenamiento treino "
        "treinamento entrainement entraînement apprentissage addestramento eğitim egitim обучение "
        "trainingsdaten lerndaten 训练 训练集",
        "val": "val valid validation validate val_set dev devset validacion "
        "validación validacao validação validierung "
        "validierungsdaten 验证 验证集",
        "public": "public publictest",
        "private": "private privatetest",
        "test": "test tests testing test_set eval evaluation holdout "
        "heldout testdaten prueba pruebas teste тест 测试 测试集",
    }.items()
    for name in names.split()
}
SPLIT_NAMES |= {
    base + tail: SPLIT_NAMES[base]
    for base in ("train", "training", "val", "valid", "validation", "test", "testing")
    for tail in ("set", "data", "images", "imgs", "faces", "split", "folder", "dir")
}
"""Name in lower case -> split."""

_SHORT = {"tr": "train", "trn": "train", "va": "val", "vl": "val", "te": "test", "tst": "test"}
"""Short for splits, in the company of each other only."""

RANK = ("train", "val", "public", "private", "test")
"""The usual splits in the order in which packs hold them."""

_PEOPLE = frozenset(
    ["subject", "subjects", "participant", "user", "person", "patient", "student", "id", "actor"]
)
"""Words that make "test subject 3" a person."""


def split_of(name: str) -> str | None:
    """Return the split that a whole name means, or None.

    Example:
        >>> split_of("Validation"), split_of("train_afew")
        ('val', None)
    """
    return SPLIT_NAMES.get(name.strip().lower())


def split_in(name: str) -> str | None:
    """Return the split that a name holds beside other words, or None.

    A name that holds training and validation is training; any other two are none.

    Example:
        >>> [split_in(name) for name in ("train_afew", "FER2013Test", "PublicTest", "train test")]
        ['train', 'test', 'public', None]
    """
    exact = split_of(name)
    words = words_of(name)
    if exact or _PEOPLE & set(words):
        return exact
    found = {SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES}
    if "trainval" in words:
        found.add("train")
    for half in ("public", "private"):
        # The halves of FER-2013's test; a photo album called "public" is neither.
        if half in found:
            found.discard("test")
            if not {"test", "testing"} & set(words):
                found.discard(half)
    if found == {"train", "val"}:
        return "train"
    return found.pop() if len(found) == 1 else None


def splits_among(names: Collection[str]) -> dict[str, str]:
    """Return the split of each folder of a group, of those that are one.

    A word inside a longer name counts only in the company of others: where every name of the group
    holds one, or training and something held out are there.

    Example:
        >>> splits_among(["train_afew", "val_afew"]), splits_among(["test drive", "Rome"])
        ({'train_afew': 'train', 'val_afew': 'val'}, {})
    """
    inside = {name: split for name in names if (split := split_in(name))}
    short = {name: _SHORT[name.lower()] for name in names if name.lower() in _SHORT}
    if "train" in {*inside.values(), *short.values()} and len(set(short.values())) > 1:
        inside |= short
    kinds = set(inside.values())
    if len(inside) == len(names) or ("train" in kinds and len(kinds) > 1):
        return inside
    return {name: split for name in names if (split := split_of(name))}
