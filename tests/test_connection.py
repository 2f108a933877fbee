"""prepare() and connect(): the kit's own endpoint, or the configured one; nothing of the person's is overwritten."""

import os
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import openai
import pytest

from helpers import connection
from helpers.problems import KitError
from helpers.settings import Settings, read_settings
from helpers.traffic import recording
from mock_endpoint.models.offline import OfflineModel


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[connection._Session]:
    """A kernel that has prepared nothing yet, with its state in memory and without the person's `.env`."""
    fresh = connection._Session()
    monkeypatch.setattr(connection, "_session", fresh)

    def read(environment: Mapping[str, str]) -> Settings:
        return read_settings(environment, tmp_path)

    monkeypatch.setattr(connection, "read_settings", read)
    monkeypatch.setenv("KIT_STATE", "memory")
    monkeypatch.setenv("KIT_PACE", "0")
    for name in ("AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_KEY"):  # so that what prepare() sets goes away again
        monkeypatch.setenv(name, "")
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield fresh
    if fresh.running is not None:
        fresh.running.stop()


def by_hand() -> openai.AzureOpenAI:
    """The client as a lesson's reader writes it."""
    return openai.AzureOpenAI(
        api_key=os.environ["AZURE_OPENAI_KEY"],
        azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"],
        api_version="2024-02-15-preview",
    )


def test_a_client_by_hand_works_after_prepare(capsys: pytest.CaptureFixture[str]) -> None:
    """One line is printed: where, who answers, what it costs, and no key."""
    connection.prepare()
    with by_hand() as client:
        assert client.beta.threads.create().object == "thread"
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert os.environ["AZURE_OPENAI_ENDPOINT"] in said
    assert os.environ["AZURE_OPENAI_KEY"] not in said
    assert OfflineModel().label in said
    assert "free" in said


def test_a_key_that_no_header_takes_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the first request, in the words of a codec; and the key is not repeated."""
    monkeypatch.setenv("AZURE_OPENAI_KEY", "ключ-secret")
    with pytest.raises(KitError, match="AZURE_OPENAI_KEY holds a character that no key has") as caught:
        connection.prepare()
    assert "secret" not in str(caught.value)


def test_a_second_prepare_starts_nothing_new(session: connection._Session) -> None:
    """The variables of the first one are not taken for the person's."""
    connection.prepare()
    first = session.running, dict(os.environ)
    connection.prepare()
    assert (session.running, dict(os.environ)) == first


def test_connect_announces_only_what_was_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    """connect() alone says where; after that it is quiet."""
    with connection.connect() as client:
        client.beta.threads.create()
    assert capsys.readouterr().out.count("Ready") == 1
    connection.connect(max_retries=0).close()
    assert capsys.readouterr().out == ""


def test_options_win_over_the_settings() -> None:
    """A lesson can hand in a wrong key on purpose."""
    with (
        connection.connect(api_key="not the key", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError, match="Access denied"),
    ):
        client.beta.threads.create()


def test_a_key_set_by_hand_stays_and_opens_the_own_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person set is never overwritten, and still works."""
    monkeypatch.setenv("AZURE_OPENAI_KEY", "a key of my own")
    connection.prepare()
    assert os.environ["AZURE_OPENAI_KEY"] == "a key of my own"
    with by_hand() as client:
        client.beta.threads.create()


def test_a_configured_endpoint_is_used_and_not_asked(
    session: connection._Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is started, and the price is said."""
    (tmp_path / ".env").write_text(
        "AZURE_OPENAI_ENDPOINT=https://mine.example/\nAZURE_OPENAI_KEY=hush-hush\n", encoding="utf-8"
    )
    connection.prepare()
    said = capsys.readouterr().out
    assert session.running is None
    assert "mine.example" in said
    assert "costs what that service charges" in said
    assert "hush" not in said
    assert os.environ["AZURE_OPENAI_ENDPOINT"] == "https://mine.example/"
    assert os.environ["AZURE_OPENAI_KEY"] == "hush-hush"


def test_a_changed_file_counts_at_the_next_prepare(tmp_path: Path) -> None:
    """Without a restart of the kernel."""
    connection.prepare()
    (tmp_path / ".env").write_text("AZURE_OPENAI_ENDPOINT=https://mine.example\n", encoding="utf-8")
    connection.prepare()
    assert os.environ["AZURE_OPENAI_ENDPOINT"] == "https://mine.example"
    assert "AZURE_OPENAI_KEY" not in os.environ, "the key of the own endpoint is not for others"


def test_an_endpoint_without_a_key_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the client complains in its own words."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mine.example")
    with pytest.raises(KitError, match="AZURE_OPENAI_KEY"):
        connection.connect()


SILENCED = ["The Assistants API is deprecated in favor of the Responses API", "deprecated"]
LOUD = [
    ("deprecated since 1.2, use another", DeprecationWarning),
    ("other", DeprecationWarning),
    ("deprecated", UserWarning),
]


def test_exactly_the_two_deprecations_are_silenced() -> None:
    """Contract §11. Every warning that is not silenced is an error in these tests."""
    connection.prepare()
    for text in SILENCED:
        warnings.warn(text, DeprecationWarning, stacklevel=1)
    for text, category in LOUD:
        with pytest.raises(category, match=text):
            warnings.warn(text, category, stacklevel=1)


def test_a_state_that_cannot_be_opened_is_said_as_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, session: connection._Session
) -> None:
    """The endpoint's own sentence passes, and the file is left alone."""
    foreign = tmp_path / "state.db"
    foreign.write_text("this is a letter, not a database " * 100, encoding="utf-8")
    monkeypatch.setenv("KIT_STATE", str(foreign))
    with pytest.raises(KitError):
        connection.prepare()
    assert session.running is None
    assert foreign.read_text(encoding="utf-8").startswith("this is a letter")


def test_requests_to_this_machine_pass_by_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company's proxy cannot reach the learner's loopback."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "intranet.example")
    connection.prepare()
    assert os.environ["no_proxy"] == "intranet.example,127.0.0.1,localhost"
    with by_hand() as client:
        client.beta.threads.create()


def test_model_for_takes_the_server_that_is_named(tmp_path: Path) -> None:
    """Blank: the offline model."""
    assert isinstance(connection.model_for(read_settings({}, tmp_path)), OfflineModel)
    upstream = connection.model_for(read_settings({"MODEL_BASE_URL": "http://127.0.0.1:9/v1"}, tmp_path))
    assert not isinstance(upstream, OfflineModel)


@pytest.mark.parametrize("variable", ["AZURE_OPENAI_ENDPOINT", "MODEL_BASE_URL"])
@pytest.mark.parametrize("value", ["sk-SECRETSECRET", "https://[x", "http://?sk-SECRET"])
def test_what_is_no_address_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], variable: str, value: str
) -> None:
    """Somebody swapped two lines of .env: a sentence, no traceback, and no key in it."""
    monkeypatch.setenv(variable, value)
    with pytest.raises(KitError, match=variable) as refusal:
        connection.prepare()
    assert value not in str(refusal.value) + capsys.readouterr().out


def test_v1_is_the_successors_client_on_the_same_endpoint(session: connection._Session) -> None:
    """One endpoint and one key for both: the path and the class differ (contract-successor.md §9, row M17)."""
    with connection.connect(api="v1") as client:
        assert type(client) is openai.OpenAI
        assert session.running is not None
        assert str(client.base_url) == f"{session.running.url.rstrip('/')}/openai/v1/"
        with recording() as seen:
            answer = client.responses.create(model="gpt-4", input="What is the capital of Japan?")
    assert "Tokyo" in answer.output_text
    assert [one.path for one in seen] == ["/openai/v1/responses"]


@pytest.mark.parametrize(
    ("configured", "v1", "dated"),
    [
        ("https://mine.example", "https://mine.example/openai/v1/", "https://mine.example/openai/"),
        ("https://mine.example/openai/v1/", "https://mine.example/openai/v1/", "https://mine.example/openai/"),
        ("https://mine.example/openai/", "https://mine.example/openai/v1/", "https://mine.example/openai/"),
        ("https://mine.example/v1", "https://mine.example/v1/", None),
        (
            "https://mine.example/api/projects/tabi",
            "https://mine.example/api/projects/tabi/openai/v1/",
            "https://mine.example/api/projects/tabi/openai/",
        ),
    ],
)
def test_both_clients_find_their_path_at_a_configured_address(
    monkeypatch: pytest.MonkeyPatch, configured: str, v1: str, dated: str | None
) -> None:
    """Azure's portal gives the address of the resource, its newer pages the one that ends in /openai/v1/."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", configured)
    monkeypatch.setenv("AZURE_OPENAI_KEY", "hush-hush")
    with connection.connect(api="v1") as client:
        assert str(client.base_url) == v1
        assert client.api_key == "hush-hush"
    if dated:
        with connection.connect() as old:
            assert str(old.base_url) == dated


def test_options_of_v1_win_over_the_settings() -> None:
    """They go to the client as they are."""
    with (
        connection.connect(api="v1", api_key="not the key", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.responses.create(model="gpt-4", input="Hello")


def test_another_api_is_refused_in_a_sentence(session: connection._Session) -> None:
    """And nothing is started for it."""
    with pytest.raises(KitError, match="no api 'v2'"):
        connection.connect(api="v2")  # pyrefly: ignore[no-matching-overload]
    with pytest.raises(KitError, match="takes no api_version"):
        connection.connect(api="v1", api_version="2024-02-15-preview")
    assert session.running is None
