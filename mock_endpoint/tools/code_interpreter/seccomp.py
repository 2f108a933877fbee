"""A small seccomp filter for Linux: what Landlock does not cover, denied by the number of the system call.

No connection to anything (sockets may only listen, and only on this machine's files), no look into or hold on another
process, no new namespaces or mounts. Changing the rights, owner or times of files succeeds without effect: programs
that copy files ask for it, and Landlock would let it reach files outside of the folder.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NUMBERS: dict[str, tuple[int, int]] = {
    # name: (x86_64, aarch64); -1 where there is none
    "connect": (42, 203),
    "memfd_create": (319, 279),
    **{"ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271)},
    **{"pidfd_getfd": (438, 438), "kcmp": (312, 272), "process_madvise": (440, 440), "move_pages": (279, 239)},
    **{"mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51)},
    **{"unshare": (272, 97), "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429)},
    **{"fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "mount_setattr": (442, 442)},
    **{"bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425)},
    **{"add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219)},
    **{"open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "fanotify_init": (300, 262)},
    **{"shmget": (29, 194), "semget": (64, 190), "msgget": (68, 186), "mq_open": (240, 180)},
    **{"init_module": (175, 105), "finit_module": (313, 273), "kexec_load": (246, 104), "reboot": (169, 142)},
    **{"swapon": (167, 224), "settimeofday": (164, 170), "clock_settime": (227, 112), "sethostname": (170, 161)},
}
_SIGNALS = {"kill": (62, 129), "tkill": (200, 130), "pidfd_send_signal": (424, 424), "rt_sigqueueinfo": (129, 138)}
"""Denied where Landlock is too old to keep signals in."""
_WITHOUT_EFFECT = {
    **{"chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452)},
    **{"chown": (92, -1), "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54)},
    **{"utime": (132, -1), "utimes": (235, -1), "futimesat": (261, -1), "utimensat": (280, 88)},
    **{"setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7), "setxattrat": (463, 463)},
    **{"removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "removexattrat": (466, 466)},
    **{"setpriority": (141, 140), "sched_setaffinity": (203, 122), "sched_setscheduler": (144, 119)},
    **{"sched_setparam": (142, 118), "sched_setattr": (314, 274), "ioprio_set": (251, 30)},
}
_CLONE, _CLONE3, _SOCKET, _PRCTL, _PRLIMIT = (56, 220), (435, 435), (41, 198), (157, 167), (302, 261)
_NEW_NAMESPACES = 0x7E020080
_AF_UNIX, _SOCK_STREAM, _SOCK_KIND = 1, 1, 0xF
_PARENT_DEATH, _SUBREAPER = 1, 36
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_X32 = 0x40000000
"""System calls of the 32-bit form have numbers from here on."""

Instruction = tuple[int, int, int, int]
"""Code, how many to skip when true and when false, and the operand."""


def restrict(*, signals_too: bool) -> None:
    """Put the filter around this process and all that it starts, for good. `OSError` where the kernel has none."""
    if platform.machine() not in _AUDIT_ARCH:
        raise OSError(errno.ENOSYS, f"no filter is written for {platform.machine()}")
    program = b"".join(struct.pack("HBBI", *each) for each in _program(signals_too))
    filters = ctypes.create_string_buffer(program)
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(filters))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_PR_SET_SECCOMP, _FILTER, head, 0, 0)):
        if libc.prctl(*arguments):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))


def _program(signals_too: bool) -> Iterator[Instruction]:
    machine = platform.machine()
    arm = int(machine == "aarch64")
    yield (_LOAD, 0, 0, 4)
    yield (_EQUAL, 1, 0, _AUDIT_ARCH[machine])
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, 0)
    yield from _when(_AT_LEAST, _X32, _error(errno.ENOSYS))
    for number in [of[arm] for of in (*_NUMBERS.values(), *(_SIGNALS.values() if signals_too else ()))]:
        yield from _when(_EQUAL, number, _error(errno.EPERM))
    for number in [of[arm] for of in _WITHOUT_EFFECT.values() if of[arm] >= 0]:
        yield from _when(_EQUAL, number, _error(0))
    yield from _when(_EQUAL, _CLONE3[arm], _error(errno.ENOSYS))  # its flags are out of sight; who asks takes `clone`
    yield from _of(_CLONE[arm], [(_LOAD, 0, 0, 16), *_when(_ANY_BIT, _NEW_NAMESPACES, _error(errno.EPERM))])
    yield from _of(
        _SOCKET[arm],
        [
            *((_LOAD, 0, 0, 16), (_EQUAL, 1, 0, _AF_UNIX), (_RETURN, 0, 0, _error(errno.EACCES))),
            *((_LOAD, 0, 0, 24), (_AND, 0, 0, _SOCK_KIND), (_EQUAL, 1, 0, _SOCK_STREAM)),
            (_RETURN, 0, 0, _error(errno.EACCES)),
        ],
    )
    own = [each for what in (_PARENT_DEATH, _SUBREAPER) for each in _when(_EQUAL, what, _error(errno.EPERM))]
    yield from _of(_PRCTL[arm], [(_LOAD, 0, 0, 16), *own])
    yield from _of(_PRLIMIT[arm], [(_LOAD, 0, 0, 16), (_EQUAL, 1, 0, 0), (_RETURN, 0, 0, _error(errno.EPERM))])
    yield (_RETURN, 0, 0, _ALLOW)


def _error(code: int) -> int:
    """What makes a system call fail with this number; 0 lets it succeed without effect."""
    return _ERROR | code


def _when(test: int, operand: int, verdict: int) -> tuple[Instruction, Instruction]:
    return (test, 0, 1, operand), (_RETURN, 0, 0, verdict)


def _of(number: int, rules: list[Instruction]) -> Iterator[Instruction]:
    """Rules about the arguments of one system call; what they do not refuse is allowed."""
    yield (_EQUAL, 0, len(rules) + 1, number)
    yield from rules
    yield (_RETURN, 0, 0, _ALLOW)
