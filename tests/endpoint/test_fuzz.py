"""Requests that nobody would write by hand, made up from the published schemas.

`KIT_SOAK=10` makes ten times as many.
"""

import importlib
import importlib.util
import logging
import math
import os
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import httpx2
import pytest
import yaml
from support.fuzzing import Mixed, World, send
from support.recording import Recorder
from support.soaking import SOAK

from mock_endpoint.app import ROUTES
from mock_endpoint.models import offline
from mock_endpoint.models.encoder import encoder
from mock_endpoint.server import Options, Running, start

pytestmark = pytest.mark.all

CASES = 1000 * SOAK
"""Made-up requests to all operations together."""
SERVED = [(method, path) for method, path, _ in ROUTES]
RARE = "submit_tool_outputs"
WEIGHTS = [
    9 if path.endswith(RARE) else 3 if method == "POST" or not path.endswith("}") else 1 for method, path in SERVED
]
"""Bodies and the queries of lists have more to get wrong than paths; outputs that fit a waiting run are rare."""


@cache
def published(file: str) -> Any:  # noqa: ANN401
    """The schemas as schemathesis takes them."""
    import schemathesis

    document = yaml.load(Path(file).read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return schemathesis.openapi.from_dict(document)


@pytest.fixture
def schema(absent: Callable[[str], NoReturn], tmp_path: Path) -> Any:  # noqa: ANN401
    """The published schemas; without them there is nothing to make requests from."""
    file = os.environ.get("KIT_OPENAPI")
    if not file:
        absent("KIT_OPENAPI does not name the OpenAPI file")
    if file == "none":
        pytest.skip("KIT_OPENAPI says that there are no schemas here")
    if importlib.util.find_spec("schemathesis") is None:
        absent("schemathesis is not installed")
    from hypothesis.configuration import set_hypothesis_home_dir

    set_hypothesis_home_dir(tmp_path)  # otherwise it leaves a folder where the tests were started
    return published(file)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An endpoint that must bear it all; its model and encoder are loaded: Python cannot compile a module in one thread
    while hypothesis changes the depth of recursion in another."""
    for module in pkgutil.walk_packages(offline.__path__, f"{offline.__name__}."):
        importlib.import_module(module.name)
    encoder()
    with start(Options(state=tmp_path_factory.mktemp("fuzzed") / "state.db", model=Mixed())) as running:
        yield running


@pytest.fixture
def world(fuzzed: Running, recorder: Recorder) -> Iterator[World]:
    """What requests can be aimed at."""
    headers = {"authorization": f"Bearer {fuzzed.key}", "openai-beta": "assistants=v2"}
    with httpx2.Client(base_url=fuzzed.url, transport=recorder, headers=headers, timeout=30) as client:
        made = client.post("/openai/v1/files", data={"purpose": "assistants"}, files={"file": b"a,b"}).json()
        yield World(client, [made["id"]], Random(1))  # noqa: S311


@pytest.fixture(params=SERVED, ids=" ".join)
def operation(request: pytest.FixtureRequest, schema: Any) -> Any:  # noqa: ANN401
    """Each operation that the endpoint serves and the schemas describe."""
    found = schema.find_operation_by_label(" ".join(request.param))
    if found is None:
        pytest.skip("the published schemas do not have it")
    return found


def test_no_request_breaks_it(
    operation: Any,  # noqa: ANN401
    world: World,
    recorder: Recorder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Contract §8.1, §12.36, §13: no 5xx, every error body well formed, every success valid, no run left behind."""
    method, path = operation.method.upper(), operation.path
    statuses: Counter[int] = Counter()
    found: list[str] = []

    def probe(case: Any) -> None:  # noqa: ANN401
        response = send(world, method, path, case)
        statuses[response.status_code] += 1
        faults = recorder.faults + (["a server's failure"] if response.status_code >= 500 else [])
        if faults:
            found.append(f"{response.request.content[:2000]!r}: {faults}")
        recorder.clear()

    share = CASES * WEIGHTS[SERVED.index((method, path))] / sum(WEIGHTS)
    _many_times(math.ceil(share), operation, probe)
    assert found == []
    assert world.unsettled() == []
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert statuses[200] > 0 or not world.knows(path), f"nothing but refusals: {statuses}"


def _many_times(times: int, operation: Any, probe: Callable[[Any], None]) -> None:  # noqa: ANN401
    """Call `probe` with requests made up for the operation, right ones and wrong ones."""
    from hypothesis import HealthCheck, Phase, given, settings, strategies
    from schemathesis import GenerationMode

    cases = strategies.one_of([operation.as_strategy(mode) for mode in GenerationMode])
    bounds = settings(
        max_examples=times,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    bounds(given(cases)(probe))()
