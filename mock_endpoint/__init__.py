"""The mock endpoint: a complete, local Azure OpenAI Assistants service.

Start with `app.py`, the route table; `server.py` runs it. For tests of any project, `start()` is all there is to know.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mock_endpoint.models.base import Model
    from mock_endpoint.server import Running


def start(
    *,
    state: Path | str = "memory",
    port: int = 0,
    key: str | None = None,
    pace: float = 0.0,
    run_ttl: int | None = None,
    deployments: str | Sequence[str] = (),
    fault: str | None = None,
    model: "Model | None" = None,
    code_interpreter: bool | None = None,
    tls: Path | str | None = None,
) -> "Running":
    """The endpoint on this machine's loopback, in a daemon thread: `with mock_endpoint.start() as endpoint:`.

    `endpoint.url` and `endpoint.key` are what a client needs: `AzureOpenAI(azure_endpoint=endpoint.url, …)`, or
    `OpenAI(base_url=endpoint.url + "/v1", …)`. `endpoint.reset()` empties it.

    `state`: "memory", or the path of a file, which then keeps its own key. `port`: 0 takes a free one. `key`: a random
    one unless given. `pace`: seconds that a run thinks. `run_ttl`: seconds until a run expires, 600 unless given, and
    1,800 for classic agents. `deployments`: the only name, or names, of models to accept. `fault`: what goes wrong with
    every request, for example `"rate_limit;times=2"`. `model`: who answers (a `Model` as in `models/base.py`), the
    offline model unless given.
    `code_interpreter`: whether its code is run; the offline model's is unless you say no, another's is not unless you
    say yes. `tls`: a folder; the endpoint then answers over HTTPS, and `endpoint.variables` are what a program with
    `azure-ai-agents` needs in its environment. Raises `EndpointError` for a port that is taken, a state or folder that
    cannot be used, a fault that does not exist, a number out of bounds, a key that no header can carry.
    """
    from mock_endpoint import server  # loaded for those who start one
    from mock_endpoint.models.offline import OfflineModel

    return server.start(
        server.Options(
            state="memory" if state == "memory" else Path(state),
            port=port,
            key=key,
            pace=pace,
            run_ttl=run_ttl,
            deployments=(deployments,) if isinstance(deployments, str) else tuple(deployments),
            fault=fault,
            model=model or OfflineModel(),
            code_interpreter=code_interpreter,
            tls=Path(tls) if tls else None,
        )
    )
