import av
import numpy as np
import pytest

from asdcfer.recognition.container_length import cut_note

CODECS = {
    ".mp4": "libx264",
    ".mov": "libx264",
    ".mkv": "libx264",
    ".webm": "libvpx",
    ".avi": "mpeg4",
    ".wmv": "wmv2",
    ".ts": "mpeg2video",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """One short file of each container."""
    folder, files = tmp_path_factory.mktemp("containers"), {}
    rng = np.random.default_rng(0)
    for suffix, codec in CODECS.items():
        files[suffix] = folder / f"a{suffix}"
        with av.open(str(files[suffix]), "w") as container:
            stream = container.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for _ in range(10):
                container.mux(
                    stream.encode(
                        av.VideoFrame.from_ndarray(
                            rng.integers(0, 256, (48, 64, 3), dtype=np.uint8), format="rgb24"
                        )
                    )
                )
            container.mux(stream.encode(None))
    return files


@pytest.mark.parametrize("suffix", CODECS)
def test_whole_files_are_as_long_as_they_say_and_cut_ones_are_not(written, suffix, tmp_path):
    assert cut_note(written[suffix]) is None
    data = written[suffix].read_bytes()
    cut = tmp_path / f"cut{suffix}"
    for kept in (len(data) // 2, len(data) - 288):
        kept += 100 - kept % 188  # never at the border of a transport stream's packets
        cut.write_bytes(data[:kept])
        note = cut_note(cut)
        if suffix == ".ts":
            assert note == "the file is cut inside a packet"
        elif suffix in (".mp4", ".mov"):
            # The index comes last: it is cut itself, or missing.
            assert "bytes are missing at its end" in note
        elif suffix == ".wmv":
            # Its own index, after the data, is not announced.
            assert note.startswith("the file is cut, ")
            assert "bytes are missing" in note
        else:
            missing = len(data) - cut.stat().st_size
            assert note == f"the file is cut, {missing:,} bytes are missing at its end"


def test_a_file_that_was_never_finished_lacks_its_index(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\0mdat" + bytes(5000))
    assert (
        cut_note(path)
        == "its index (moov) is missing: the recording was not finished, or the file is cut"
    )


def test_large_boxes_have_their_size_after_their_name(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(
        b"\0\0\0\x08moov" + b"\0\0\0\x01mdat" + (1 << 33).to_bytes(8, "big") + bytes(100)
    )
    assert cut_note(path) == f"the file is cut, {(1 << 33) - 116:,} bytes are missing at its end"


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF\0\0\0\0AVI " + bytes(500),  # a recorder that never came to the end
        b"RIFF\xff\xff\xff\xffAVI " + bytes(500),
        b"\x1aE\xdf\xa3\x84abcd\x18S\x80g\x01\xff\xff\xff\xff\xff\xff\xff"
        + bytes(500),  # a live recording
        b"\x1aE\xdf\xa3",
        b"\x1aE\xdf\xa3\x00\x00",
        b"\0\0\0\x02ftyp" + bytes(100),
        b"FLV\x01" + bytes(100),
        b"plain text, no video at all",
        b"G",
        b"G" + bytes(3 * 188),
        b"",
    ],
    ids=[
        "riff 0",
        "riff -1",
        "live matroska",
        "half a header",
        "zeros",
        "odd box",
        "flv",
        "text",
        "one byte",
        "not a transport stream",
        "empty",
    ],
)
def test_files_that_promise_nothing(tmp_path, data):
    path = tmp_path / "a"
    path.write_bytes(data)
    assert cut_note(path) is None


def test_any_bytes_can_be_asked(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "a"
    for begin in (
        b"\0\0\0\x18ftyp",
        b"RIFF\x10\0\0\0AVI ",
        b"\x1aE\xdf\xa3",
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
        b"G",
    ):
        for _ in range(20):
            path.write_bytes(begin + rng.bytes(int(rng.integers(0, 700))))
            note = cut_note(path)
            assert note is None or "cut" in note
