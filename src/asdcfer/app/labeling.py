"""Labeling: faces in their order, the labels they have, and the file that these are saved in."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asdcfer.api.data_inputs import PathLike, pack_of
from asdcfer.app.labeling_schemas import FaceToLabel, LabelingState, Moment, Saved
from asdcfer.app.schemas import ExpressionLook
from asdcfer.app.uploads import RefusalError
from asdcfer.errors import AsdcferError, DataError
from asdcfer.recognition.palette import looks
from asdcfer.selection.faces_to_label import FacesToLabel, faces_of_folder, faces_of_pack
from asdcfer.selection.label_file import SKIPPED, ChangedError, LabelFile
from asdcfer.selection.label_studio import png_bytes
from asdcfer.selection.pick_list import LIST, read_pick_list

MOST_WORDS = 9
"""Labels to choose from: one for each of the keys 1 to 9."""


@dataclass(frozen=True)
class LabelingSettings:
    """What is labeled, and where the labels go.

    Attributes:
        data: a pack (path, name, or "sample"), or a folder that `pick` made.
        file: CSV of the labels; None is "labels.csv", or the list in a folder of `pick`.
        order: a folder that `pick` made of the pack, or its list; None is the pack's order.
        words: the labels to choose from; none takes those of the data.
    """

    data: PathLike
    file: PathLike | None = None
    order: PathLike | None = None
    words: Sequence[str] = ()


class Labeling:
    """Faces to label one after the other, by as many browsers as there are.

    Args:
        faces: in their order.
        file: of the labels.
        words: the labels to choose from, in the order of the keys; none takes those of the faces.

    Raises:
        DataError: more labels to choose from than keys, or one that says "skipped".
    """

    def __init__(self, faces: FacesToLabel, file: LabelFile, words: Sequence[str] = ()) -> None:
        self.faces, self.file = faces, file
        self.words = tuple(dict.fromkeys(words or faces.words))
        if len(self.words) > MOST_WORDS:
            raise DataError(
                f"{len(self.words)} labels to choose from, and there are keys for {MOST_WORDS}; "
                "name fewer by --label-words"
            )
        if SKIPPED in self.words:
            raise DataError(f"{SKIPPED!r} is how a skipped face is saved; choose another word")
        self._ids = frozenset(faces.ids)
        # A label of the file that has no key comes back when one that took its place is undone.
        self._own = frozenset({*self.words, SKIPPED, *file.labels().values()})

    def state(self) -> LabelingState:
        """Return how far the labeling is."""
        labels = self.file.labels()
        drawn = {
            word: ExpressionLook(light=look.light, dark=look.dark, dash=list(look.dash))
            for word, look in looks(self.words).items()
        }
        return LabelingState(
            count=len(self.faces.ids),
            done=self._done(labels),
            next=self._next(labels, -1),
            words=list(self.words),
            looks=drawn,
            skipped=SKIPPED,
            file=str(self.file.path),
            suggestions=bool(self.faces.suggestions),
        )

    def face(self, number: int, suggested: bool = False) -> FaceToLabel:
        """Return a face by its place in the order, from 0.

        Args:
            number: of the face.
            suggested: also say what a model says of it.
        """
        key = self._key(number)
        before, after = self.faces.neighbors(number)
        return FaceToLabel(
            number=number,
            id=key,
            picture=int(self.faces.pictures[number]),
            label=self.file.labels().get(key),
            before=[Moment(picture=one.picture, seconds=one.seconds) for one in before],
            after=[Moment(picture=one.picture, seconds=one.seconds) for one in after],
            suggestion=self.faces.suggestions.get(key) if suggested else None,
        )

    def picture(self, number: int) -> bytes:
        """Return a picture by its number as PNG."""
        if not 0 <= number < self.faces.count:
            raise RefusalError(404, "no_face", "There is no such picture.")
        return png_bytes(self.faces.picture(number))

    def save(self, number: int, label: str | None, before: str | None) -> Saved:
        """Save the label of a face, and say which face is next.

        Args:
            number: of the face.
            label: a word, `SKIPPED`, or None to take it back.
            before: the label that the page knows.
        """
        key = self._key(number)
        if label is not None and label not in self._own:
            raise RefusalError(422, "invalid", f"{label!r} is none of {', '.join(self.words)}.")
        try:
            self.file.change(key, before, label)
        except ChangedError as error:
            said = "took its label back" if error.now is None else f"says {error.now}"
            raise RefusalError(409, "changed", f"Another window {said}: look again.") from error
        except AsdcferError as error:
            raise RefusalError(500, "not_saved", f"Not saved: {error}.") from error
        labels = self.file.labels()
        return Saved(
            done=self._done(labels), next=self._next(labels, number), label=labels.get(key)
        )

    def _key(self, number: int) -> str:
        if not 0 <= number < len(self.faces.ids):
            raise RefusalError(404, "no_face", "There is no such face.")
        return self.faces.ids[number]

    def _done(self, labels: dict[str, str]) -> int:
        return sum(key in self._ids for key in labels)

    def _next(self, labels: dict[str, str], number: int) -> int | None:
        """Return the first face without a label after one, from the beginning again at the end."""
        ids = self.faces.ids
        order = (*range(number + 1, len(ids)), *range(min(number + 1, len(ids))))
        return next((place for place in order if ids[place] not in labels), None)


def open_labeling(settings: LabelingSettings) -> Labeling:
    """Open the faces to label and the file of their labels.

    Raises:
        DataError: no such data, a list of other faces, or a file that is no list of labels.
        InputError: the file is read-only.

    Example:
        >>> import tempfile
        >>> file = tempfile.mkdtemp() + "/labels.csv"
        >>> labeling = open_labeling(LabelingSettings("sample", file))
        >>> labeling.save(0, "happy", None).done, labeling.state().next
        (1, 1)
    """
    folder = Path(settings.data)
    if (folder / LIST).is_file():
        faces, file = faces_of_folder(folder), folder / LIST
        if settings.order is not None:
            raise DataError(f"{folder} has an order of its own; leave --label-order away")
    else:
        listed = None if settings.order is None else read_pick_list(Path(settings.order))
        faces, file = faces_of_pack(pack_of(settings.data), listed), Path("labels.csv")
    return Labeling(faces, LabelFile(Path(settings.file or file)), settings.words)
