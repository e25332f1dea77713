"""The page's own files, and no other."""

import importlib.resources

import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize(
    "name", ["../server.py", "..%2fserver.py", "%2e%2e/guard.py", "nothing.js", "/etc/passwd"]
)
def test_no_other_file_can_be_named(client: TestClient, name: str) -> None:
    response = client.get(f"/static/{name}")
    assert response.status_code in (307, 404)
    assert "import" not in response.text


def test_each_file_is_served_as_what_it_is(client: TestClient) -> None:
    folder = importlib.resources.files("asdcfer.app") / "static"
    kinds = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg"}
    served = [file for file in folder.iterdir() if file.name.rsplit(".", 1)[-1] in kinds]
    assert len(served) > 5
    for file in served:
        answer = client.get(f"/static/{file.name}")
        assert answer.content == file.read_bytes()
        assert answer.headers["content-type"].startswith(kinds[file.name.rsplit(".", 1)[1]])
    assert client.get("/").content == (folder / "index.html").read_bytes()


def test_pages_that_load_from_other_hosts_are_off(client: TestClient) -> None:
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404
