"""The copies of the network answer as one alone does, whatever the order of sizes."""

import threading

import numpy as np
import pytest

from asdcfer.errors import InputError
from asdcfer.recognition.detector import yunet_path
from asdcfer.recognition.yunet_networks import MOST, YuNetNetworks


def noise(width, height):
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)


def found(networks, image):
    rows = networks.detect(image)
    return None if rows is None else rows.tolist()


def test_more_sizes_than_copies():
    sizes = [(64 + 32 * number, 96) for number in range(MOST + 2)]
    alone = {size: found(YuNetNetworks(yunet_path(), 0.01, 0.3), noise(*size)) for size in sizes}
    networks = YuNetNetworks(yunet_path(), 0.01, 0.3)
    for size in [*sizes, *reversed(sizes), sizes[0]]:
        assert found(networks, noise(*size)) == alone[size]
    assert len(networks._by_size) == MOST
    networks.detect(noise(1200, 900))
    assert list(networks._by_size) == [(1200, 900)]


def test_threads_do_not_mix_their_pictures():
    networks = YuNetNetworks(yunet_path(), 0.01, 0.3)
    sizes = [(64, 96), (96, 64), (128, 64)]
    expected = {size: found(networks, noise(*size)) for size in sizes}
    wrong = []

    def look(size):
        wrong.extend(size for _ in range(5) if found(networks, noise(*size)) != expected[size])

    threads = [threading.Thread(target=look, args=(size,)) for size in sizes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_file_that_is_no_network(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"cannot use x\.onnx as a YuNet detector"):
        YuNetNetworks(tmp_path / "x.onnx", 0.8, 0.3)
