"""What the settings are made of: the environment first, then `.env`, blank meaning unset."""

from pathlib import Path

import pytest

from helpers.problems import KitError
from helpers.settings import DEFAULT_API_VERSION, KNOWN, ModelSettings, Settings, Unheeded, read_settings


def write(root: Path, text: str, encoding: str = "utf-8") -> Path:
    """A folder with this `.env`."""
    (root / ".env").write_text(text, encoding=encoding)
    return root


def test_nothing_set_is_the_kits_own_endpoint_and_model(tmp_path: Path) -> None:
    """The defaults teach everything."""
    expected = Settings(None, None, DEFAULT_API_VERSION, None, tmp_path / ".kit" / "state.db", 1.2)
    assert read_settings({}, tmp_path) == expected


def test_the_committed_example_changes_nothing(tmp_path: Path) -> None:
    """Copying the example file is harmless."""
    example = Path(__file__).parent.parent / ".env.example"
    plain = read_settings({}, tmp_path)
    write(tmp_path, example.read_text(encoding="utf-8"))
    assert read_settings({}, tmp_path) == plain


def test_the_file_is_read(tmp_path: Path) -> None:
    """Each variable arrives, a dollar sign in a key included."""
    write(
        tmp_path,
        "AZURE_OPENAI_ENDPOINT=https://one.example\nAZURE_OPENAI_KEY=in${the}#file\nAZURE_OPENAI_API_VERSION=2024-02-15-preview\n"
        "MODEL_BASE_URL=http://localhost:1/v1\nMODEL_API_KEY=model-key\nMODEL_NAME=small\nKIT_STATE=memory\nKIT_PACE=0\n"
        "CODE_INTERPRETER=On\n",
    )
    settings = read_settings({}, tmp_path)
    assert settings == Settings(
        "https://one.example",
        "in${the}#file",
        "2024-02-15-preview",
        ModelSettings("http://localhost:1/v1", "model-key", "small"),
        "memory",
        0.0,
        code_interpreter=True,
    )


def test_code_runs_or_not(tmp_path: Path) -> None:
    """Blank leaves it to the endpoint; anything but on and off is refused."""
    assert read_settings({}, tmp_path).code_interpreter is None
    assert read_settings({"CODE_INTERPRETER": "off"}, tmp_path).code_interpreter is False
    with pytest.raises(KitError, match="CODE_INTERPRETER is 'yes'"):
        read_settings({"CODE_INTERPRETER": "yes"}, tmp_path)


def test_the_environment_wins_and_blank_is_unset(tmp_path: Path) -> None:
    """A blank variable does not hide the file's value."""
    write(tmp_path, "AZURE_OPENAI_ENDPOINT=https://file.example\nAZURE_OPENAI_KEY=file\n")
    environment = {"AZURE_OPENAI_ENDPOINT": "https://environment.example", "AZURE_OPENAI_KEY": "  "}
    settings = read_settings(environment, tmp_path)
    assert (settings.endpoint, settings.key) == ("https://environment.example", "file")


def test_the_clients_own_name_for_the_key_is_read_too(tmp_path: Path) -> None:
    """Both names count; the place counts more than the name."""
    assert read_settings({"AZURE_OPENAI_API_KEY": "sdk"}, tmp_path).key == "sdk"
    assert read_settings({"AZURE_OPENAI_API_KEY": "sdk", "AZURE_OPENAI_KEY": "kit"}, tmp_path).key == "kit"
    write(tmp_path, "AZURE_OPENAI_KEY=file\n")
    assert read_settings({"AZURE_OPENAI_API_KEY": "sdk"}, tmp_path).key == "sdk"


def test_a_byte_order_mark_hides_no_variable(tmp_path: Path) -> None:
    """Windows editors write one."""
    write(tmp_path, "AZURE_OPENAI_ENDPOINT=https://one.example\n", encoding="utf-8-sig")
    assert read_settings({}, tmp_path).endpoint == "https://one.example"


def test_a_file_in_another_encoding_is_explained(tmp_path: Path) -> None:
    """PowerShell's redirection writes UTF-16."""
    write(tmp_path, "AZURE_OPENAI_KEY=x\n", encoding="utf-16")
    with pytest.raises(KitError, match="Save it as UTF-8"):
        read_settings({}, tmp_path)


@pytest.mark.parametrize("value", ["fast", "-1", "nan", "inf"])
def test_a_pace_that_is_no_duration_is_refused(value: str, tmp_path: Path) -> None:
    """With the variable's name."""
    with pytest.raises(KitError, match="KIT_PACE"):
        read_settings({"KIT_PACE": value}, tmp_path)


def test_a_relative_state_lies_under_the_root(tmp_path: Path) -> None:
    """Not under the folder a kernel happens to run in."""
    assert read_settings({"KIT_STATE": "mine/state.db"}, tmp_path).state == tmp_path / "mine" / "state.db"
    assert read_settings({"KIT_STATE": str(tmp_path / "x.db")}, Path("elsewhere")).state == tmp_path / "x.db"


def test_a_state_in_an_unknown_home_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for "~somebody/state.db", where there is no such account."""

    def unknown(path: Path) -> Path:
        raise RuntimeError(path)

    monkeypatch.setattr(Path, "expanduser", unknown)
    with pytest.raises(KitError, match="KIT_STATE"):
        read_settings({"KIT_STATE": "~somebody/state.db"}, tmp_path)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("AZURE_OPENAI_ENPOINT=x", Unheeded("AZURE_OPENAI_ENPOINT", "AZURE_OPENAI_ENDPOINT")),
        ("AZURE_OPEN_AI_KEY=x", Unheeded("AZURE_OPEN_AI_KEY", "AZURE_OPENAI_KEY")),
        ("azure_openai_key=x", Unheeded("azure_openai_key", "AZURE_OPENAI_KEY")),
        ("MODEL_URL=x", Unheeded("MODEL_URL", "MODEL_BASE_URL")),
        ("KIT_COLOUR_OF_THE_SKY=x", Unheeded("KIT_COLOUR_OF_THE_SKY", None)),
        ("MODEL_NAME=x", Unheeded("MODEL_NAME", "MODEL_NAME")),
        ("MODEL_API_KEY=x", Unheeded("MODEL_API_KEY", "MODEL_API_KEY")),
    ],
)
def test_a_name_in_the_file_that_does_nothing_is_noticed(line: str, expected: Unheeded, tmp_path: Path) -> None:
    """A slip of the pen, and half of a model."""
    assert read_settings({}, write(tmp_path, line)).unheeded == (expected,)


@pytest.mark.parametrize("line", ["MODEL_URL=", "EDITOR=vi", "MODEL_NAME=x\nMODEL_BASE_URL=http://x/v1", *KNOWN[:5]])
def test_a_name_that_is_blank_known_or_no_business_of_ours_is_not(line: str, tmp_path: Path) -> None:
    """Other programs read the same file."""
    assert read_settings({}, write(tmp_path, line if "=" in line else f"{line}=x")).unheeded == ()


def test_in_the_environment_only_close_misses_of_missing_names_count(tmp_path: Path) -> None:
    """It belongs to other programs as well."""
    theirs = {"MODEL_NAMES": "x", "MODEL_DIR": "x", "AZURE_OPENAI_DEPLOYMENT": "x", "KIT_COLOUR": "x"}
    assert read_settings(theirs, tmp_path).unheeded == ()
    slip = {"AZURE_OPENAI_ENPOINT": "x"}
    assert read_settings(slip, tmp_path).unheeded == (Unheeded("AZURE_OPENAI_ENPOINT", "AZURE_OPENAI_ENDPOINT"),)
    assert read_settings(slip | {"AZURE_OPENAI_ENDPOINT": "https://x"}, tmp_path).unheeded == ()


def test_keys_are_not_in_the_repr(tmp_path: Path) -> None:
    """So that no traceback and no print shows one."""
    environment = {"AZURE_OPENAI_KEY": "secret-one", "MODEL_BASE_URL": "http://x/v1", "MODEL_API_KEY": "secret-two"}
    assert "secret" not in repr(read_settings(environment, tmp_path))
