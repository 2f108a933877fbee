"""How the house is built: who may import whom, and what never stands in a file."""

import ast
import importlib
import importlib.metadata
import os
import re
import subprocess
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import helpers

ROOT = Path(__file__).resolve().parent.parent
OF_ONE_SYSTEM = {"fcntl", "grp", "msvcrt", "pty", "pwd", "resource", "termios", "tty", "winreg"}
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|Users)/[\w.]+|[A-Z]:\\+Users\\+\w")


def name_of(file: Path) -> str:
    """The dotted name of a module's file."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PACKAGES = ("helpers", "mock_endpoint")
MODULES = {name_of(file): file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))}
ENDPOINT = {name for name in MODULES if name.startswith("mock_endpoint")}
FACE = set(MODULES) - ENDPOINT - {"helpers"}
"""What a learner meets."""


COMMANDS = {name for name in FACE if name.startswith("helpers.cli")}


def tree_of(module: str) -> ast.Module:
    """The module's source, parsed."""
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str, within: ast.AST | None = None) -> Iterator[str]:
    """Every module that `module` names in an import statement, the lazy ones included."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(within or tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            source = ".".join(filter(None, [base, node.module]))
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                yield inner if inner in MODULES else source


@pytest.mark.parametrize("module", sorted(ENDPOINT))
def test_the_endpoint_knows_nothing_of_the_face(module: str) -> None:
    """Rule 1: nothing of `helpers` at all."""
    assert not {name for name in imports(module) if name.partition(".")[0] == "helpers"}


@pytest.mark.parametrize("module", sorted(ENDPOINT))
def test_only_the_upstream_model_imports_openai_and_only_when_used(module: str) -> None:
    """Rule 1: the endpoint must not be built from the client it is tested with."""
    if not module.startswith("mock_endpoint.models.upstream"):  # it, and how it words its failures
        assert not {name for name in imports(module) if name.partition(".")[0] == "openai"}
    else:
        top = ast.Module([node for node in tree_of(module).body if isinstance(node, ast.Import | ast.ImportFrom)], [])
        assert not {name for name in imports(module, top) if name.partition(".")[0] == "openai"}


@pytest.mark.parametrize("module", sorted(FACE - {"helpers.connection"} - COMMANDS))
def test_the_face_reaches_the_endpoint_through_http(module: str) -> None:
    """Rule 1: of the face only `connection` and the commands start it."""
    assert not {name for name in imports(module) if name.startswith("mock_endpoint")}


MOVERS = [name for name in ENDPOINT if re.match(r"mock_endpoint\.(engine|runs|models|state|errors|sse)\b", name)]
OF_HTTP = ("starlette", "uvicorn", "mock_endpoint.http", "mock_endpoint.resources")


@pytest.mark.parametrize("module", sorted(MOVERS))
def test_what_moves_a_run_knows_no_http(module: str) -> None:
    """Rule 5: it works on objects, and could be asked by any API."""
    assert not {name for name in imports(module) if f"{name}.".startswith(tuple(f"{one}." for one in OF_HTTP))}


def test_imports_run_in_no_circle() -> None:
    """Rule 5; lazy imports count as well."""
    graph = {name: {other for other in imports(name) if other in MODULES and other != name} for name in MODULES}
    finished: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " → ".join([*path[path.index(name) :], name])
        if name not in finished:
            for other in sorted(graph[name]):
                visit(other, (*path, name))
            finished.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("name", sorted(helpers.__all__))
def test_an_exported_name_is_no_module(name: str) -> None:
    """Rule 6: `from helpers import show` gives the function, also after its module was imported."""
    assert f"helpers.{name}" not in MODULES
    importlib.import_module("helpers." + helpers._MODULE_OF[name])
    assert not isinstance(getattr(helpers, name), types.ModuleType)


def test_helpers_exports_what_it_says() -> None:
    """An unknown name is an AttributeError, as for any module; the known ones show up in dir()."""
    assert set(helpers.__all__) <= set(dir(helpers))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = helpers.no_such_name


@pytest.mark.parametrize("module", sorted(MODULES))
def test_what_one_system_has_is_imported_in_a_branch(module: str) -> None:
    """The kit runs on Linux, macOS and Windows."""
    tree = tree_of(module)
    branches = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "platform" in ast.unparse(node.test)]
    guarded = {name for branch in branches for name in imports(module, branch)}
    assert not OF_ONE_SYSTEM & set(imports(module)) - guarded


def tracked() -> list[Path]:
    """The files that belong to the repository."""
    command = ["git", "ls-files", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: nobody can say which files belong to it")
    return [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]


def test_no_file_names_a_folder_of_one_computer() -> None:
    """A path from the computer where a file was made helps nobody else."""
    found = {}
    for file in tracked():
        if file.is_file() and file.suffix not in {".png", ".db"}:
            names = [match.group() for match in MACHINE_PATH.finditer(file.read_text(encoding="utf-8"))]
            if names:
                found[str(file.relative_to(ROOT))] = names
    assert not found


@pytest.mark.parametrize("noun", ["assistants", "threads"])
def test_the_client_still_has_the_assistants_api(noun: str) -> None:
    """The day a new client drops it, this names the last version known to have it."""
    from openai.resources.beta import Beta

    pinned = next(
        line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line[:8] == "openai=="
    )
    installed = importlib.metadata.version("openai")
    assert hasattr(Beta, noun), f"openai {installed} has no client.beta.{noun}; the last good version is {pinned}"


def test_the_client_is_bounded_below_its_next_major_version() -> None:
    """A major version may drop what the lessons teach."""
    needs = importlib.metadata.requires("assistants-hands-on") or []
    openai = next(need for need in map(Requirement, needs) if need.name == "openai")
    installed = Version(importlib.metadata.version("openai"))
    assert openai.specifier.contains(installed)
    assert not openai.specifier.contains(Version(f"{installed.major + 1}.0.0"))
