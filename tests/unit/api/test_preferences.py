"""How long a client would wait, however RFC 7240 lets it say so."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.preferences import PreferredWait

app = FastAPI()


@app.get("/")
async def wait_s(wait_s: PreferredWait) -> float:
    return wait_s


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (["wait=5"], 5),
        (['wait="5"'], 5),
        (["wait = 5"], 5),
        (["WAIT=5; x=y"], 5),
        (['wait="5" ;x="a, wait=7"'], 5),
        (["respond-async, wait=5"], 5),
        (["respond-async", "wait=5"], 5),
        (['handling="a, wait=7"', "wait=5"], 5),
        (["wait=5", "wait=7"], 5),
        (["wait=600"], 30),
        (["wait=" + "9" * 5000], 30),
        ([], 0),
        (["wait"], 0),
        (["wait=five"], 0),
        (["wait=٥"], 0),
        (["waiting=5"], 0),
        (['wait="5'], 0),
    ],
)
def test_the_wait_that_is_preferred(lines: list[str], seconds: float) -> None:
    headers = [(b"prefer", line.encode()) for line in lines]
    assert TestClient(app).get("/", headers=headers).json() == seconds
