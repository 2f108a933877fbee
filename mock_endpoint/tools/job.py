"""A job object of Windows: what a process and all that it starts may use up; they end together.

Only what is handed to Windows has been tested, not what Windows does with it.
"""

import ctypes
import sys


class _Basic(ctypes.Structure):
    """`JOBOBJECT_BASIC_LIMIT_INFORMATION` of Microsoft's documentation."""

    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class Limits(ctypes.Structure):
    """`JOBOBJECT_EXTENDED_LIMIT_INFORMATION`; `limits` fills it in."""

    _fields_ = (
        ("BasicLimitInformation", _Basic),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


_EXTENDED_LIMITS = 9
_PROCESS_TIME, _ACTIVE_PROCESSES, _PROCESS_MEMORY = 0x2, 0x8, 0x100
_NO_DIALOG, _END_WITH_LAST_HANDLE = 0x400, 0x2000
_TICKS = 10_000_000
"""Of a second; Windows counts in 100 nanoseconds."""


def limits(*, memory: int, processes: int, seconds: int = 0) -> Limits:
    """So many bytes for each process, so many processes, and so much time of the processor for each (0: any)."""
    flags = _ACTIVE_PROCESSES | _PROCESS_MEMORY | _NO_DIALOG | _END_WITH_LAST_HANDLE | (seconds and _PROCESS_TIME)
    basic = _Basic(PerProcessUserTimeLimit=seconds * _TICKS, LimitFlags=flags, ActiveProcessLimit=processes)
    return Limits(BasicLimitInformation=basic, ProcessMemoryLimit=memory)


def enter(wanted: Limits) -> None:
    """Put this process and all that it starts from now on under these limits, for good; `OSError` where it cannot be.

    The only handle of the job is this process's, and stays open until it ends: then all others of the job end, too.
    """
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = kernel.GetCurrentProcess.restype = ctypes.c_void_p
        job = ctypes.c_void_p(kernel.CreateJobObjectW(None, None))
        if not (
            job
            and kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(wanted), ctypes.sizeof(wanted))
            and kernel.AssignProcessToJobObject(job, ctypes.c_void_p(kernel.GetCurrentProcess()))
        ):
            raise ctypes.WinError(ctypes.get_last_error())
    else:
        raise OSError("only Windows has job objects")
