"""Every refusal has one form: a code, a line, a status."""

from fastapi.testclient import TestClient

from asdcfer.app.error_answers import REFUSALS
from asdcfer.app.schemas import ErrorAnswer


def test_what_is_not_there_or_not_allowed_is_told_in_the_same_form(client: TestClient) -> None:
    assert client.get("/docs").json() == {"code": "http", "error": "Not Found"}
    assert client.get("/recognize").status_code == 405
    assert ErrorAnswer.model_validate(client.get("/recognize").json()).code == "http"


def test_a_value_out_of_range_is_named(client: TestClient) -> None:
    answer = client.post("/recognize?abstain_below=7", content=b"x")
    assert answer.status_code == 422
    told = ErrorAnswer.model_validate(answer.json())
    assert told.code == "invalid"
    assert told.error.startswith("abstain_below: ")


def test_an_upload_that_is_not_wanted_to_its_end_closes_the_connection(client: TestClient) -> None:
    answer = client.post("/recognize", content=b"x", headers={"content-length": str(10**12)})
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert client.post("/recognize", content=b"x").headers.get("connection") != "close"


def test_every_status_is_described_as_the_one_form() -> None:
    assert {each["model"] for each in REFUSALS.values()} == {ErrorAnswer}
    assert all(each["description"] for each in REFUSALS.values())
