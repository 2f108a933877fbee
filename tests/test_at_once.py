"""What a busy kernel is asked to take at once, without a kernel; tests/browser/test_stop.py proves it with one."""

from types import SimpleNamespace
from typing import Any

import ipywidgets  # type: ignore[import-untyped]
import pytest

from helpers.at_once import take_at_once

STOP = {"method": "custom", "content": {"type": "stop"}}


def test_only_what_is_wanted_stays_on_its_subshell() -> None:
    """Every other message goes where the kernel sends it, and so does what is no message of a widget."""
    comm = SimpleNamespace(_reply_subshell_for=lambda *_: "main")
    take_at_once(SimpleNamespace(comm=comm), lambda content: content.get("type") == "stop")
    route = comm._reply_subshell_for
    assert route(STOP, "own") == "own"
    assert route(STOP, None) is None
    others: list[Any] = [{"method": "custom", "content": {"type": "send"}}, {"method": "update", "state": {}}, {}, None]
    assert [route(other, "own") for other in others] == ["main"] * 4


@pytest.mark.parametrize("comm", [SimpleNamespace(), None])
def test_a_kernel_without_the_detour_is_left_as_it_is(comm: SimpleNamespace | None) -> None:
    """Older kernels, and no kernel at all."""
    take_at_once(SimpleNamespace(comm=comm), lambda _: True)
    assert comm is None or vars(comm) == {}
    take_at_once(ipywidgets.Button(), lambda _: True)
