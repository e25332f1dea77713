"""Where the data is that a user names: a path, the bundled sample, or the bare name of a pack."""

import os
from pathlib import Path

from asdcfer.data.sample import sample_pack
from asdcfer.errors import DataError

SAMPLE = "sample"
"""The name of the bundled faces; a folder of that name is reached as ./sample."""
VARIABLE = "ASDCFER_DATA"
"""Environment variable: a folder of packs and data sets, searched after ./packs."""


def located(data: str | os.PathLike[str]) -> Path:
    """Return the path that a user means by what they give as data.

    `sample` is the bundled pack. Anything that exists is taken as it is. A bare name (no slash in
    it) is then looked for in ./packs and in the folder that $ASDCFER_DATA names, in this order.

    Args:
        data: path, or name.

    Returns:
        A path that exists: a pack, or a data set that `prepare` may understand.

    Raises:
        DataError: there is nothing; the message says where it was looked for.

    Example:
        >>> located("sample").name
        'fer2013'
        >>> located("fer2O13")
        Traceback (most recent call last):
            ...
        asdcfer.errors.DataError: there is no data called 'fer2O13': nothing at ./fer2O13 and ./packs/fer2O13...
    """
    name = os.fspath(data)
    if name == SAMPLE:
        return sample_pack().path
    path = Path(name).expanduser()
    if name and path.exists():
        return path
    separators = {os.sep, os.altsep or os.sep}
    if not name or separators & set(name):
        raise DataError(
            f"there is nothing at {name!r}; give a pack, a FER-2013 CSV, a data set's folder, or: "
            f"{SAMPLE}"
        )
    shared = os.environ.get(VARIABLE)
    places = [Path("packs"), *([Path(shared).expanduser()] if shared else [])]
    for place in places:
        if (place / name).exists():
            return place / name
    looked = [f"./{name}", f"./packs/{name}", *(str(place / name) for place in places[1:])]
    raise DataError(
        f"there is no data called {name!r}: nothing at {', '.join(looked[:-1])} and {looked[-1]}"
        f" ({f'the folder of ${VARIABLE}' if shared else f'${VARIABLE} is not set'}); make a pack "
        f"with: asdcfer prepare SOURCE packs/{name}"
    )
