"""Several processes on one state file, and the sudden death of some."""

import functools
import json
import multiprocessing
import os
import signal
import sys
import threading
from pathlib import Path

import httpx2
import openai
import pytest
from support.processes import Serving, create_together
from support.recording import Recorder
from support.talking import V2, assistant_of, azure

from mock_endpoint.state.lease import Lease

from .test_run_lives import until


def test_kill_loses_nothing_acknowledged(state: Path, recorder: Recorder) -> None:
    """Kill −9 in the middle of a stream of writes: the next process finds every acknowledged object."""
    acknowledged: list[str] = []
    enough = threading.Event()
    with Serving(state) as first:
        url = first.url

        def write() -> None:
            with httpx2.Client(base_url=url, headers={"api-key": first.key}, params=V2) as client:
                try:
                    while True:
                        for path, body in (("threads", {}), ("assistants", {"model": "gpt-4o"})):
                            response = client.post(f"/openai/{path}", json=body)
                            acknowledged.append(f"{path}/{response.json()['id']}")
                        if len(acknowledged) > 100:
                            enough.set()
                except (httpx2.TransportError, json.JSONDecodeError):
                    return

        writers = [threading.Thread(target=write) for _ in range(4)]
        for writer in writers:
            writer.start()
        assert enough.wait(30)
        first.kill()
        for writer in writers:
            writer.join()
    with Serving(state) as second, httpx2.Client(transport=recorder, headers={"api-key": second.key}) as client:
        for path in acknowledged:
            assert client.get(f"{second.url}/openai/v1/{path}").status_code == 200


def test_two_processes_see_one_truth(state: Path, recorder: Recorder) -> None:
    """Contract §12.49: created here, seen, polled, locked and cancelled there; a race has one winner."""
    with (
        Serving(state) as one,
        Serving(state) as other,
        azure(one, recorder) as here,
        azure(other, recorder) as there,
    ):
        assistant = assistant_of(here)
        thread = here.beta.threads.create(messages=[{"role": "user", "content": "wait"}])
        run = here.beta.threads.runs.create(thread.id, assistant_id=assistant)
        with pytest.raises(openai.BadRequestError, match=f"while a run {run.id} is active"):
            there.beta.threads.messages.create(thread.id, role="user", content="x")
        assert there.beta.threads.runs.cancel(run.id, thread_id=thread.id).status == "cancelling"
        assert here.beta.threads.runs.poll(run.id, thread_id=thread.id).status == "cancelled"
        there.beta.threads.messages.create(thread.id, role="user", content="hello")
        done = there.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant)
        seen = [client.beta.threads.messages.list(thread.id).data for client in (here, there)]
        assert (done.status, seen[0]) == ("completed", seen[1])
        for _ in range(5):
            _race((here, there), assistant)


def _race(clients: tuple[openai.AzureOpenAI, openai.AzureOpenAI], assistant: str) -> None:
    thread = clients[0].beta.threads.create(messages=[{"role": "user", "content": "wait"}])
    outcomes: list[int] = []
    barrier = threading.Barrier(2)

    def create(client: openai.AzureOpenAI) -> None:
        barrier.wait()
        try:
            client.beta.threads.runs.create(thread.id, assistant_id=assistant)
            outcomes.append(200)
        except openai.BadRequestError as error:
            outcomes.append(error.status_code)

    racers = [threading.Thread(target=create, args=(client,)) for client in clients]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(outcomes) == [200, 400]
    clients[0].beta.threads.delete(thread.id)


def test_run_of_a_dead_process(state: Path, recorder: Recorder) -> None:
    """It reads `expired` at once; its step and message end with it; the thread unlocks. A cancelled one ends so."""
    with Serving(state) as survivor, Serving(state) as dying, azure(survivor, recorder) as client:
        with azure(dying, recorder) as doomed:
            assistant = assistant_of(doomed)
            runs = [
                doomed.beta.threads.create_and_run(
                    assistant_id=assistant, thread={"messages": [{"role": "user", "content": "wait"}]}
                )
                for _ in range(3)
            ]
            for run in runs:
                while not doomed.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data:
                    pass
        dying.kill()
        listed = client.beta.threads.runs.list(runs[0].thread_id).data
        read = client.beta.threads.runs.retrieve(runs[1].id, thread_id=runs[1].thread_id)
        client.beta.threads.messages.create(runs[2].thread_id, role="user", content="free")
        assert [listed[0].status, read.status] == ["expired", "expired"]
        for run in runs:
            (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
            assert (step.status, step.expired_at is not None) == ("expired", True)
            answer = next(m for m in client.beta.threads.messages.list(run.thread_id) if m.role == "assistant")
            assert answer.incomplete_details is not None
            assert answer.incomplete_details.reason == "run_expired"


def test_message_of_a_dead_process(state: Path, recorder: Recorder) -> None:
    """Whoever only looks at the messages does not see one in progress that nobody writes any more."""
    with Serving(state) as survivor, Serving(state) as dying, azure(survivor, recorder) as client:
        with azure(dying, recorder) as doomed:
            run = doomed.beta.threads.create_and_run(
                assistant_id=assistant_of(doomed), thread={"messages": [{"role": "user", "content": "wait"}]}
            )
            while not (said := doomed.beta.threads.messages.list(run.thread_id, run_id=run.id).data):
                pass
        dying.kill()
        assert [message.status for message in client.beta.threads.messages.list(run.thread_id, run_id=run.id)] == [
            "incomplete"
        ]
        one = client.beta.threads.messages.retrieve(said[0].id, thread_id=run.thread_id)
        assert one.incomplete_details is not None
        assert one.incomplete_details.reason == "run_expired"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process and let it go on")
def test_run_of_a_process_that_stands_still(state: Path, recorder: Recorder) -> None:
    """Contract §3.1: its time is over though its owner lives; when that wakes, it changes nothing any more."""
    with Serving(state) as survivor, Serving(state, run_ttl=2) as sleeping, azure(survivor, recorder) as client:
        with azure(sleeping, recorder) as doomed:
            run = doomed.beta.threads.create_and_run(
                assistant_id=assistant_of(doomed), thread={"messages": [{"role": "user", "content": "wait"}]}
            )
        os.kill(sleeping.process.pid, signal.SIGSTOP)
        read = functools.partial(client.beta.threads.runs.retrieve, run.id, thread_id=run.thread_id)
        assert read().status in ("queued", "in_progress"), "it is alive, as far as anyone can know"
        assert until(lambda: read().status not in ("queued", "in_progress"))
        ended = read()
        assert ended.status == "expired"
        os.kill(sleeping.process.pid, signal.SIGCONT)
        with azure(sleeping, recorder) as woken:
            assert woken.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id) == ended


def test_two_processes_create_the_same_file(tmp_path: Path) -> None:
    """At the same moment, ten times: both work on one file, with one key, and both count as alive."""
    spawn = multiprocessing.get_context("spawn")
    barrier, answers = spawn.Barrier(2), spawn.Queue()
    processes = [spawn.Process(target=create_together, args=(str(tmp_path), barrier, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    told = [answers.get(timeout=60) for _ in range(20)] if _all_join(processes) else [answers.get(timeout=1)]
    assert {text for _, text in told} == {"2 owners, 2 assistants"}
    assert len({key for key, _ in told}) == 10


def _all_join(processes: "list[multiprocessing.context.SpawnProcess]") -> bool:
    for process in processes:
        process.join(60)
    return all(process.exitcode == 0 for process in processes)


def test_locks_of_dead_processes_are_swept(state: Path) -> None:
    """What a killed process leaves goes at the next start; the locks of the living stay."""
    living = Lease(state)
    folder = state.with_name(state.name + ".owners")
    (folder / "dead.lock").write_bytes(b"")
    newcomer = Lease(state)
    assert sorted(file.stem for file in folder.iterdir()) == sorted([living.id, newcomer.id])
    assert living.is_alive(newcomer.id)
    newcomer.release()
    assert not living.is_alive(newcomer.id)
    assert living.is_alive(living.id)
    assert not living.is_alive(None)
    living.release()
    assert list(folder.iterdir()) == []
