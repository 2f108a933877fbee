"""An endpoint like `serve`, with a model server behind it: `python -m benchmarks.asking STATE KEY URL`."""

import sys
from pathlib import Path

from mock_endpoint.models.upstream import UpstreamModel
from mock_endpoint.server import Options, serve

if __name__ == "__main__":
    state, key, url = sys.argv[1:]
    sys.exit(serve(Options(state=Path(state), key=key, model=UpstreamModel(url, None, "m"))))
