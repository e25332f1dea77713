"""Lists of images in the forms that people have them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from asdcfer.data.datasets.source import Options
from asdcfer.data.prepare_pack import prepare
from asdcfer.errors import DataError
from tests.data.trees import read_as, tiles

WANTED = {"img/a.png": ("happy", "train"), "img/b.png": ("sad", "train")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiles(tmp_path / "in", "img/a.png", "img/b.png")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "path,label\nimg/a.png,happy\nimg/b.png,sad\n"),
        ("labels.csv", "\ufeffimage;emotion\r\nimg/a.png;Happiness\r\nimg/b.png;Sadness\r\n"),
        ("labels.tsv", "file_name\tclass\nimg/a.png\thappy\nimg/b.png\tsad\n"),
        ("data.csv", ",pth,label,relFCs\n0,img/a.png,happy,0.8\n1,img/b.png,sad,0.7\n"),
        ("list.csv", "id,Emotion,x\nimg/a.png,joie,1\nimg/b.png,tristesse,2\n"),
        ("list.csv", "filename,label\nimg\\a.png,happy\nimg\\b.png,sad\n"),
        ("list.csv", "filename,label\nC:\\data\\img\\a.png,happy\nC:\\data\\img\\b.png,sad\n"),
        ("list.csv", "filename,label\n/home/me/img/a.png,happy\n/home/me/img/b.png,sad\n"),
        ("list.csv", "filename,label\nA.PNG,happy\nB.PNG,sad\n"),
        ("list.csv", "filename,label\n./img/a.png,happy\n./img/b.png,sad\n"),
        ("list.csv", "name,label\na,happy\nb,sad\n"),
        ("list.csv", 'path,label\n"img/a.png","happy"\n"img/b.png","sad"\n'),
        ("list.csv", "path , label\nimg/a.png , happy\nimg/b.png , sad\n"),
        ("list.csv", "label,path\nhappy,img/a.png\nsad,img/b.png\n"),
        ("list.csv", "path,label_id,label_name\nimg/a.png,3,happy\nimg/b.png,4,sad\n"),
        ("list.csv", "path,angry,happy,sad\nimg/a.png,0,1,0\nimg/b.png,0,0,1\n"),
        ("list.csv", "img/a.png,happy\nimg/b.png,sad\n"),
        ("list.csv", "name;what she feels;n\na.png;happy;1\nb.png;sad;2\n"),
        ("list.txt", "img/a.png happy\nimg/b.png sad\n"),
        ("list.lst", "happy img/a.png\nsad img/b.png\n"),
        ("list.txt", "img/a.png|happy\nimg/b.png|sad\n"),
        ("list.csv", "path,label\nimg/a.png,happy\n\nimg/b.png,sad\nimg/a.png,happy\n"),
        (
            "metadata.jsonl",
            '{"file_name": "img/a.png", "label": "happy"}\n'
            '{"file_name": "img/b.png", "label": "sad"}\n',
        ),
        ("metadata.csv", "file_name,label\nimg/a.png,happy\nimg/b.png,sad\n"),
        (
            "labels.json",
            json.dumps(
                [
                    {"image": "img/a.png", "emotion": "happy"},
                    {"image": "img/b.png", "emotion": "sad"},
                ]
            ),
        ),
        ("labels.json", json.dumps({"img/a.png": "happy", "img/b.png": "sad"})),
        ("dataset.json", json.dumps({"labels": [["img/a.png", "happy"], ["img/b.png", "sad"]]})),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_any_list_of_path_and_label(folder: Path, name: str, text: str, whole: bool) -> None:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    assert {
        Path(name).name: value for name, value in read_as(folder if whole else file).items()
    } == {Path(name).name: value for name, value in WANTED.items()}


def test_excels_unicode_text(folder: Path) -> None:
    (folder / "a.txt").write_text(
        "path\tlabel\r\nimg/a.png\thappy\r\nimg/b.png\tsad\r\n", encoding="utf-16"
    )
    assert len(read_as(folder)) == 2


@pytest.mark.parametrize(
    ("column", "values", "splits"),
    [
        ("split", ("train", "test"), ("train", "test")),
        ("Usage", ("Training", "PrivateTest"), ("train", "private")),
        ("subset", ("TRAIN", "Validation"), ("train", "val")),
        ("set", ("train", "dev"), ("train", "val")),
        ("fold", ("0", "1"), ("fold0", "fold1")),
        ("partition", ("training", "extra"), ("train", "extra")),
    ],
)
def test_a_column_of_splits(
    folder: Path, column: str, values: tuple[str, str], splits: tuple[str, str]
) -> None:
    (folder / "x.csv").write_text(
        f"path,label,{column}\nimg/a.png,happy,{values[0]}\nimg/b.png,sad,{values[1]}\n"
    )
    assert [split for _, split in sorted(read_as(folder).values())] == list(splits)


def test_the_names_of_lists_and_folders_are_splits_too(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "img/a.png", "img/b.png", "c.png")
    (folder / "train.csv").write_text("path,label\nimg/a.png,happy\nc.png,sad\n")
    (folder / "test_labels.txt").write_text("img/b.png sad\n")
    assert {split for _, split in read_as(folder).values()} == {"train", "test"}
    apart = tiles(tmp_path / "apart", "train/a.png", "test/a.png")
    (apart / "all.csv").write_text("path,label\ntrain/a.png,happy\ntest/a.png,sad\n")
    assert read_as(apart)["test/a.png"] == ("sad", "test")


def test_numbers_are_asked_about(folder: Path) -> None:
    (folder / "x.csv").write_text("path,label\nimg/a.png,3\nimg/b.png,4.0\n")
    with pytest.raises(DataError, match=r"x.csv: the labels are numbers .3, 4.*--labels-order"):
        read_as(folder)
    assert sorted(read_as(folder, labels_order="fer").values()) == sorted(WANTED.values())
    (folder / "classes.txt").write_text("angry\ndisgust\nfear\nhappy\nsad\n")
    assert sorted(read_as(folder).values()) == sorted(WANTED.values())


def test_columns_are_told_and_may_be_said(folder: Path) -> None:
    file = folder / "odd.csv"
    file.write_text("foto,was,art\nimg/a.png,happy,x\nimg/b.png,sad,y\n")
    told: list[str] = []
    assert sorted(
        read_as(folder, columns={"path": "foto", "label": "was"}, told=told.append).values()
    ) == sorted(WANTED.values())
    assert "path = 'foto', label = 'was'" in told[0]
    for columns, message in (
        ({"path": "bild"}, "no such column; it has foto, was, art"),
        ({"colour": "was"}, "unknown role; expected one of path, label"),
    ):
        with pytest.raises(DataError, match=message):
            read_as(folder, kind="list", columns=columns)
    assert len(read_as(folder, columns={"path": "1", "label": "2"})) == 2


def test_missing_files_are_told_and_never_another_splits_image(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "train/a.png", "train/b.png", "test/c.png")
    (folder / "x.csv").write_text(
        "path,label\ntrain/a.png,happy\ntrain/b.png,sad\ntest/c.png,sad\ntest/a.png,sad\n"
    )
    told: list[str] = []
    read = read_as(folder, told=told.append)
    assert read["train/a.png"] == ("happy", "train")
    assert len(read) == 3
    assert any("1 listed images are missing, the first: test/a.png" in line for line in told)


def test_two_labels_of_one_image_are_refused(folder: Path) -> None:
    (folder / "x.csv").write_text("path,label\nimg/a.png,happy\nimg/b.png,sad\nimg/a.png,sad\n")
    with pytest.raises(DataError, match=r"a.png: label happy by x.csv, row 2, and sad by .*row 4"):
        read_as(folder)


def test_faces_that_somebody_skipped_are_counted_in_a_line(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png", "b.png", "c.png", "d.png", "e.png")
    (folder / "x.csv").write_text(
        "path,label\na.png,happy\nb.png,unknown\nc.png,\nd.png,NF\ne.png,unknown\n"
    )
    told: list[str] = []
    assert read_as(folder, told=told.append) == {
        "a.png": ("happy", "train"),
        "c.png": (None, "train"),
    }
    line = (
        "3 images are left out for their label (unknown, NF); an empty label keeps one, unlabeled"
    )
    assert [one for one in told if line in one]
    (folder / "x.csv").write_text("path,label\na.png,tense\nb.png,unknown\nc.png,calm\n")
    assert read_as(folder) == {"a.png": ("tense", "train"), "c.png": ("calm", "train")}


def test_an_unknown_label_names_its_row(folder: Path) -> None:
    (folder / "x.csv").write_text("path,label\nimg/a.png,happy\nimg/b.png,bored\n")
    with pytest.raises(DataError, match=r"x.csv, row 3: unknown label 'bored'.*--own-classes") as e:
        read_as(folder)
    assert str(e.value).count("way") == str(e.value).count("other ways: --kind")
    assert {label for label, _ in read_as(folder, own_classes=True).values()} == {"bored", "happy"}


def test_labels_of_ones_own(folder: Path) -> None:
    (folder / "x.csv").write_text("path,label\nimg/a.png,bored\nimg/b.png,alert\n")
    told: list[str] = []
    read = read_as(folder, told=told.append)
    assert {label for label, _ in read.values()} == {"bored", "alert"}
    assert any("own classes alert, bored" in line for line in told)


def test_affectnets_training_csv(tmp_path: Path) -> None:
    """Boxes, and labels 8 to 10 that are no expression; valence -2 is none."""
    folder = tiles(tmp_path / "in", *(f"1/{i}.png" for i in range(4)))
    head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,"
    (folder / "training.csv").write_text(
        f"{head}expression,valence,arousal\n"
        "1/0.png,2,2,6,6,1;2,1,0.5,-0.25\n1/1.png,0,0,6,6,1;2,0,-2,-2\n"
        "1/2.png,0,0,6,6,1;2,10,-2,-2\n1/3.png,0,0,6,6,1;2,7,0.1,0.2\n"
    )
    pack = prepare(folder, tmp_path / "out", Options(size=8))
    assert pack.ids == ["1/0.png", "1/1.png", "1/3.png"]
    assert [pack.expressions[label] for label in pack.labels] == ["happy", "neutral", "contempt"]
    assert pack.more == {"valence": [0.5, None, 0.1], "arousal": [-0.25, None, 0.2]}
    assert {"source_id": "1/2.png", "reason": "no expression: no face"} in pack.info["skipped"]


def test_expws_list_gives_each_face_its_box_and_label(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "image/afraid_1.png", "image/afraid_2.png")
    (folder / "label.lst").write_text(
        "afraid_1.png 0 1 2 9 8 95.5 3\nafraid_1.png 1 4 4 12 12 70.0 6\n"
        "afraid_2.png 0 0 0 12 12 70.0 0\n"
    )
    assert read_as(folder) == {
        "image/afraid_1.png": ("happy", "train"),
        "image/afraid_1.png#2": ("neutral", "train"),
        "image/afraid_2.png": ("angry", "train"),
    }


def test_rafdbs_kaggle_lists(tmp_path: Path) -> None:
    folder = tiles(
        tmp_path / "in", *(f"{s}_{i:05d}_aligned.jpg" for s in ("train", "test") for i in range(2))
    )
    for split in ("train", "test"):
        (folder / f"{split}_labels.csv").write_text(
            f"image,label\n{split}_00000_aligned.jpg,5\n{split}_00001_aligned.jpg,1\n"
        )
    read = read_as(folder)
    assert read["test_00000_aligned.jpg"] == ("sad", "test")
    assert read["train_00001_aligned.jpg"] == ("surprise", "train")


def test_a_box_is_cut_out(tmp_path: Path) -> None:
    pixels = np.zeros((40, 40), np.uint8)
    pixels[10:30, 20:40] = 200
    (tmp_path / "in").mkdir()
    Image.fromarray(pixels).save(tmp_path / "in" / "a.png")
    for row in (
        "left,top,right,bottom\na.png,happy,20,10,40,30\n",
        "x,y,w,h\na.png,happy,20,10,20,20\n",
        "xmin,ymin,xmax,ymax\na.png,happy,0.5,0.25,1,0.75\n",
        'bbox\na.png,happy,"[20, 10, 20, 20]"\n',
    ):
        (tmp_path / "in" / "x.csv").write_text(f"path,label,{row}")
        pack = prepare(tmp_path / "in", tmp_path / "out", Options(size=8))
        assert pack.images.min() == 200, row


def test_votes_give_the_majority(folder: Path) -> None:
    (folder / "x.csv").write_text(
        "Image name,neutral,happiness,surprise,NF\nimg/a.png,1,8,1,0\nimg/b.png,5,5,0,0\n"
    )
    pack = read_as(folder)
    assert pack == {"img/a.png": ("happy", "train")}


def test_persons_are_kept(folder: Path, tmp_path: Path) -> None:
    (folder / "x.csv").write_text("path,label,subject\nimg/a.png,happy,P1\nimg/b.png,sad,P2\n")
    assert prepare(folder, tmp_path / "out").more == {"group": ["P1", "P2"]}


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "path,label\n", "path,label\nx.png,happy\n", "a,b\n1,2\n", "{}", "[1, 2]", "\0"],
)
def test_a_list_of_nothing_is_one_line(folder: Path, text: str) -> None:
    for name in ("x.csv", "x.json", "x.jsonl", "x.txt"):
        (folder / name).write_text(text)
        with pytest.raises(DataError):
            read_as(folder / name, kind="list")
        (folder / name).unlink()


def test_a_list_that_contradicts_the_folders_is_asked_about(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "happy/a.png", "sad/b.png")
    (folder / "x.csv").write_text("path,label\nhappy/a.png,happy\nsad/b.png,angry\n")
    with pytest.raises(
        DataError, match=r"two ways.*differ in 1 labels.*--kind list or --kind tree"
    ):
        read_as(folder)
    assert read_as(folder, kind="tree")["sad/b.png"] == ("sad", "train")
    assert read_as(folder, kind="list")["sad/b.png"] == ("angry", "train")


def test_a_list_with_splits_beats_folders_without(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "happy/a.png", "sad/b.png")
    (folder / "x.csv").write_text("path,label,split\nhappy/a.png,happy,train\nsad/b.png,sad,test\n")
    assert read_as(folder)["sad/b.png"] == ("sad", "test")


def test_lists_of_each_split_folder(tmp_path: Path) -> None:
    """As Hugging Face's image folders have them."""
    folder = tiles(tmp_path / "in", "train/1.png", "test/1.png")
    for split, label in (("train", "happy"), ("test", "sad")):
        (folder / split / "metadata.csv").write_text(f"file_name,label\n1.png,{label}\n")
    assert read_as(folder) == {"train/1.png": ("happy", "train"), "test/1.png": ("sad", "test")}


def test_a_contests_lists_mean_the_images_of_their_split(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "train/1.png", "train/2.png", "test/1.png")
    (folder / "train.csv").write_text("id,emotion\n1.png,happy\n2.png,sad\n")
    (folder / "sample_submission.csv").write_text("id,emotion\n1.png,happy\n")
    with pytest.raises(DataError, match=r"list reads none of the 1 images of test"):
        read_as(folder)
    assert read_as(folder, kind="list") == {
        "train/1.png": ("happy", "train"),
        "train/2.png": ("sad", "train"),
    }


def test_splits_of_other_names_are_told(folder: Path) -> None:
    (folder / "x.csv").write_text("path,label,split\nimg/a.png,happy,A\nimg/b.png,sad,B\n")
    told: list[str] = []
    assert {split for _, split in read_as(folder, told=told.append).values()} == {"A", "B"}
    assert any("splits of other names are kept: A, B" in line for line in told)


def test_names_that_differ_from_the_files_are_told(tmp_path: Path) -> None:
    folder = tiles(tmp_path / "in", "a.png", "b.png")
    (folder / "x.csv").write_text("path,label\na.jpg,happy\nb.jpg,sad\n")
    told: list[str] = []
    assert set(read_as(folder, told=told.append).values()) == {("happy", "train"), ("sad", "train")}
    assert any(
        "2 images were found under another name, the first: a.jpg as a.png" in t for t in told
    )


def test_a_list_of_other_images_is_not_passed_over(folder: Path) -> None:
    (folder / "x.csv").write_text("path,label\nq.png,happy\nr.png,sad\n")
    with pytest.raises(
        DataError, match=r"none of the 2 images that it lists is there.*q.png.*--kind"
    ):
        read_as(folder)


def test_a_column_that_says_whether_it_is_training(folder: Path) -> None:
    for column, values in (("is_train", ("1", "0")), ("IsTest", ("no", "yes")), ("val", "01")):
        (folder / "x.csv").write_text(
            f"path,label,{column}\nimg/a.png,happy,{values[0]}\nimg/b.png,sad,{values[1]}\n"
        )
        splits = [split for _, split in sorted(read_as(folder).values())]
        assert splits == ["train", "val" if column == "val" else "test"], column


def test_empty_cells_of_every_kind_are_no_labels(folder: Path) -> None:
    for said in ("NaN", "N/A", "null", ""):
        (folder / "x.csv").write_text(f"path,label\nimg/a.png,happy\nimg/b.png,{said}\n")
        read = read_as(folder)
        assert read.pop("img/a.png") == ("happy", "train")
        assert set(read.values()) <= {(None, "train")}
