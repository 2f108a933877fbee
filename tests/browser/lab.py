"""A real JupyterLab server on this computer, with a fresh copy of the notebooks."""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

from support.notebooks.files import FOLDER, ROOT

START_SECONDS = 90
PACE = "0.3"
# Blank and not absent: a blank variable also hides the one of the same name in the learner's .env.
_BLANK = (
    *("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_API_VERSION"),
    *("MODEL_BASE_URL", "MODEL_API_KEY", "MODEL_NAME"),
)
_HIDDEN = ("AZURE_", "OPENAI_", "MODEL_", "KIT_", "JUPYTER", "IPYTHON")


class Lab:
    """A JupyterLab server with its own copy of the notebooks, its own settings and its own state."""

    def __init__(self, folder: Path) -> None:
        self.notebooks = folder / "notebooks"
        shutil.copytree(FOLDER, self.notebooks, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        self._runtime = folder / "runtime"
        self._log = (folder / "lab.log").open("w", encoding="utf-8")
        self.token = secrets.token_hex(16)
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser"),
                "--JupyterNotebookApp.expose_app_in_browser=True",
                *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={self.notebooks}"),
                *(["--allow-root"] if sys.platform != "win32" and os.geteuid() == 0 else []),
            ],
            cwd=folder,
            env=self._environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.url = self._wait()

    def _environment(self, folder: Path) -> dict[str, str]:
        own = {
            "JUPYTER_TOKEN": self.token,
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_CONFIG_PATH": str(ROOT / "helpers" / "cli" / "lab"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._runtime),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
            "KIT_STATE": str(folder / "state.db"),
            "KIT_PACE": PACE,
        }
        return (
            {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN)}
            | dict.fromkeys(_BLANK, "")
            | own
        )

    def _wait(self) -> str:
        """The address, once the server has written down where it listens."""
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            for file in self._runtime.glob("jpserver-*.json"):
                with contextlib.suppress(ValueError):  # half written
                    return str(json.loads(file.read_text(encoding="utf-8"))["url"])
            time.sleep(0.05)
        self.stop()
        raise AssertionError(f"JupyterLab did not start:\n{Path(self._log.name).read_text(encoding='utf-8')}")

    def stop(self) -> None:
        """End the server and its kernels."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
