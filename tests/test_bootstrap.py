"""`python -m helpers` on a bare Python: it prepares, repairs, or says in one line what stands in the way."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.starting import BARE, refused, run

from helpers.cli import environment, installing

ROOT = environment.ROOT
AS_MODULE = "import runpy, sys; sys.path.insert(0, '.'); runpy.run_module('helpers', run_name='__main__')"
PARTS = [
    "helpers",
    "mock_endpoint",
    "tests/requirements.txt",
    "requirements.txt",
    "constraints.txt",
    "pyproject.toml",
    "README.md",
]


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    """A copy of what an installation needs, in a folder whose name has a space and Japanese characters."""
    folder = tmp_path / "みんなの kit"
    for part in PARTS:
        target = folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, target)
    return folder


@pytest.mark.parametrize("name", ["__init__", "__main__", "cli/__init__", "cli/environment", "cli/installing"])
def test_the_bootstrap_parses_on_python_3_8(name: str) -> None:
    """The house, rule 6: a bare Python can be told what is wrong."""
    ast.parse((ROOT / "helpers" / f"{name}.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_bootstrap_needs_only_the_standard_library() -> None:
    """The house, rule 6: run without site-packages and without the environment's variables."""
    code = f"import os, sys; os.chdir({str(ROOT)!r}); sys.argv = ['helpers', 'serve', '--port', 'x']; {AS_MODULE}"
    done = subprocess.run([BARE, "-I", "-S", "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert "'x' is not a number from 0 to 65535" in refused(done)


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10"])
def test_an_old_python_gets_a_sentence(version: str) -> None:
    """Whichever old Python this computer has is told what it needs."""
    found = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python"))
    python = found[-1] if found else None
    if python is None:
        pytest.skip(f"no Python {version} here")
    assert f"needs Python 3.11 or newer; {python} is Python {version}" in refused(run(ROOT, "lab", python=python))


def test_a_python_without_ensurepip_is_told_what_to_install(kit: Path) -> None:
    """Debian's Python comes without it: the import is blocked in a process of its own."""
    code = f"import sys; sys.modules['ensurepip'] = None; {AS_MODULE}"
    assert "sudo apt install python3-venv" in refused(run(kit, "lab", code=code))
    assert not (kit / ".venv").exists()


@pytest.fixture
def read_only(kit: Path) -> Iterator[Path]:
    """The copy, in a folder that nobody can write, not even an administrator where the file system can say so."""
    chattr = shutil.which("chattr") if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    kit.chmod(0o555)
    if chattr:
        subprocess.run([chattr, "+i", kit], capture_output=True, check=False)
    yield kit
    if chattr:
        subprocess.run([chattr, "-i", kit], capture_output=True, check=False)
    kit.chmod(0o755)


def test_a_read_only_folder_is_named(read_only: Path) -> None:
    """No traceback, and what to do."""
    try:
        (read_only / "probe").touch()
    except OSError:
        line = refused(run(read_only, "lab"))
        assert f"{read_only} cannot be written" in line
        assert "copy the kit to a folder of your own" in line
    else:
        pytest.skip("this account may write into any folder")


def test_without_a_network_one_line_says_so_and_a_broken_environment_is_repaired(kit: Path) -> None:
    """Here `.venv` lost its Python, and the index does not answer."""
    python = kit / environment.PYTHON.relative_to(ROOT)
    python.parent.mkdir(parents=True)
    if sys.platform == "win32":
        python.write_bytes(b"")
    else:
        python.symlink_to(kit / "gone")
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    done = run(kit, "lab", **nowhere, PIP_EXTRA_INDEX_URL="", PIP_RETRIES="1")
    assert done.returncode == 2
    assert "Repairing .venv" in done.stderr
    assert "pip takes over" in done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert "the package index cannot be reached" in last
    assert "Connect to the network" in last
    subprocess.run([python, "-m", "pip", "--version"], check=True, capture_output=True)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished and stamped `.venv` of a kit in `tmp_path`; nothing is downloaded."""
    for name in ("pyproject.toml", "requirements.txt", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    home = tmp_path / ".venv"
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "HOME", home)
    monkeypatch.setattr(environment, "PYTHON", home / environment.PYTHON.relative_to(ROOT / ".venv"))
    monkeypatch.setattr(environment, "_UNFINISHED", home / "kit-unfinished")
    monkeypatch.setattr(environment, "_active", lambda: False)
    monkeypatch.setattr(environment, "_make", lambda: make(home))
    monkeypatch.setattr(installing, "install", lambda *_: None)
    environment.ready(environment.STAGES[:1])
    (home / "mine").touch()
    return home


def make(home: Path) -> None:
    """An environment with a module named pip, which is all that is looked for."""
    venv.create(home, clear=True)
    (site_of(home) / "pip.py").touch()


def site_of(home: Path) -> Path:
    """Where the packages of an environment lie."""
    (site,) = [home / "Lib" / "site-packages"] if os.name == "nt" else home.glob("lib/python*/site-packages")
    return site


def by_hand(home: Path) -> None:
    """Take the stamp away, as in an environment that a person made."""
    (home / "kit-requirements.txt.json").unlink()


def moved(home: Path) -> None:
    """Make the stamp tell of another place, as in a folder that was moved."""
    stamp = home / "kit-requirements.txt.json"
    stamp.write_text(stamp.read_text(encoding="utf-8").replace(".venv", ".venv2"), encoding="utf-8")


def without_pip(home: Path) -> None:
    """Leave it as a start that was killed early left it."""
    by_hand(home)
    next(home.rglob("pip.py")).unlink()


REPAIRS: dict[str, tuple[Callable[[Path], object], bool]] = {
    "whole": (lambda home: home, False),
    "made by hand": (by_hand, False),
    "other versions": (lambda home: (home.parent / "constraints.txt").write_text("six", encoding="utf-8"), False),
    "interrupted": (lambda home: (home / "kit-unfinished").touch(), False),
    "no python": (lambda home: environment.PYTHON.rename(home / "elsewhere"), True),
    "no pip": (without_pip, True),
    "moved": (moved, True),
    "gone": (shutil.rmtree, True),
}


@pytest.mark.parametrize(("harm", "rebuilt"), REPAIRS.values(), ids=REPAIRS)
def test_only_a_broken_environment_is_made_anew(made: Path, harm: Callable[[Path], object], rebuilt: bool) -> None:
    """After the next start it is ready in every case; what was in it is kept unless it was broken."""
    harm(made)
    environment.ready(environment.STAGES[:1])
    assert environment.stamped(environment.STAGES[:1])
    assert (made / "mine").exists() is not rebuilt


def test_an_installation_that_is_killed_counts_as_interrupted(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stamp is written last, and a mark stays until then."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    (made / "kit-requirements.txt.json").unlink()
    monkeypatch.setattr(installing, "install", killed)
    with pytest.raises(KeyboardInterrupt):
        environment.ready(environment.STAGES[:1])
    assert (made / "kit-unfinished").exists()
    assert not environment.stamped(environment.STAGES[:1])


def test_an_interrupted_installation_is_repeated_for_what_it_left_half_done(
    made: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No stage is believed any more, and no package that lacks a file; a whole one is not touched."""
    site = site_of(made)
    for name in ("whole", "cut short", "without a file", "without a list", "with an empty list"):
        entry = site / f"{name}.dist-info"
        entry.mkdir()
        (site / f"{name}.py").write_text("x = 1", encoding="utf-8")
        (entry / "RECORD").write_text(f"{name}.py,,5\n{name}.pyc,,\n{entry.name}/RECORD,,\n", encoding="utf-8")
    (site / "cut short.py").write_text("x", encoding="utf-8")
    (site / "without a file.py").unlink()
    (site / "without a list.dist-info" / "RECORD").unlink()
    (site / "with an empty list.dist-info" / "RECORD").write_text("", encoding="utf-8")
    shutil.copy(made / "kit-requirements.txt.json", made / "kit-tests-requirements.txt.json")
    (made / "kit-unfinished").touch()
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(installing, "install", lambda *arguments: asked.append(arguments))
    environment.ready(environment.STAGES[:1])
    assert [entry.name for entry in site.glob("*.dist-info")] == ["whole.dist-info"]
    assert [stages for *_, stages in asked] == [[environment.STAGES[0]]]
    assert not (made / "kit-tests-requirements.txt.json").exists()
    assert environment.stamped(environment.STAGES[:1])
    said = capsys.readouterr().err
    assert "was interrupted" in said
    assert "anew" not in said


def test_of_two_starts_one_waits_and_a_killed_one_blocks_nobody(tmp_path: Path) -> None:
    """The lock belongs to its process."""
    code = (
        "import sys; from pathlib import Path; from helpers.cli.environment import lock\n"
        f"with lock(Path({str(tmp_path / 'install.lock')!r})):\n  print('mine', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code]
    first = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "mine\n"
    second = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert second.stderr is not None
    assert "waiting for it" in second.stderr.readline()
    assert second.poll() is None
    first.kill()
    assert second.communicate(timeout=10)[0] == "mine\n"
    first.communicate()


def test_an_active_environment_is_used_only_when_it_holds_everything(kit: Path, tmp_path: Path) -> None:
    """It must hold this very copy of the kit, and versions that fit."""
    code = "import sys; from helpers.cli import environment as e; print(e.satisfied([sys.argv[1]]))"
    assert run(ROOT, "requirements.txt", python=sys.executable, code=code).stdout == "True\n"
    (tmp_path / "old.txt").write_text("openai<1\n", encoding="utf-8")
    assert run(ROOT, str(tmp_path / "old.txt"), python=sys.executable, code=code).stdout == "False\n"
    assert run(kit, "requirements.txt", python=sys.executable, code=code).stdout == "False\n"


def test_an_environment_of_an_earlier_kit_does_not_hold_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that the kit needs since then is missed, though the kit was installed without it."""
    assert environment.satisfied(environment.STAGES[:1])
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed["project"]["dependencies"].append("a-package-of-tomorrow")
    monkeypatch.setattr(tomllib, "loads", lambda _: needed)
    assert not environment.satisfied(environment.STAGES[:1])


def test_pips_settings_are_passed_on_to_uv() -> None:
    """The nearest setting wins; what a person has told uv itself wins over all."""
    listing = "\n".join(
        [
            ":env:.cert='/certs/all.pem'",
            "global.cert='/certs/old.pem'",
            "global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'",
            "global.find-links='/wheels /more'",
            "global.index-url='https://main.example/simple'",
            "install.index-url='https://install.example/simple'",
            "global.proxy='http://proxy.example:3128'",
            "global.trusted-host='one.example'",
        ]
    )
    variables = installing.uv_variables(installing.parse_pip_settings(listing), {"UV_FIND_LINKS": "/own"})
    assert variables["SSL_CERT_FILE"] == "/certs/all.pem"
    assert variables["UV_DEFAULT_INDEX"] == "https://install.example/simple"
    assert variables["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert variables["UV_FIND_LINKS"] == "/own"
    assert variables["HTTPS_PROXY"] == variables["HTTP_PROXY"] == "http://proxy.example:3128"
    assert variables["UV_INSECURE_HOST"] == "one.example"


def test_pip_takes_over_when_uv_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Both are stand-ins here: uv fails, pip writes down what it was asked."""
    (tmp_path / "uv.py").write_text("import sys; sys.exit(1)", encoding="utf-8")
    note = f"import sys; open({str(tmp_path / 'asked')!r}, 'a', encoding='utf-8').write(' '.join(sys.argv[1:]) + '\\n')"
    (tmp_path / "pip.py").write_text(note, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    installing.install(Path(sys.executable), tmp_path, ["requirements.txt"])
    assert "pip takes over" in capfd.readouterr().err
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[-1].endswith("install -r requirements.txt -c constraints.txt")


@pytest.mark.all
def test_two_first_starts_install_once_and_the_next_goes_straight_on(kit: Path) -> None:
    """From the network, with a bare Python, in a folder with a space and Japanese characters."""
    command = [BARE, "-m", "helpers", "reset"]
    starts = [
        subprocess.Popen(
            command, cwd=kit, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, encoding="utf-8"
        )
        for _ in range(2)
    ]
    told = [start.communicate(timeout=300)[1] for start in starts]
    assert [start.returncode for start in starts] == [0, 0], told
    assert sum("Making the environment" in text for text in told) == 1
    assert not any(re.search("pip takes over|Traceback", text) for text in told), told
    again = run(kit, "reset")
    assert (again.returncode, again.stderr) == (0, "")
