"""The few system calls that Python 3.11 has no function for, and the filter that takes others away.

The filter (seccomp, a classic BPF program) is the last thing that a cell puts on itself.
"""

import ctypes
import errno
import os
import signal
import struct
from typing import NamedTuple


class _Machine(NamedTuple):
    audit: int
    clone: int
    socket: int
    denied: tuple[int, ...]


_BOTH = (425, 428, 429, 430, 432, 438, 442, 447)
"""io_uring_setup, open_tree, move_mount, fsopen, fsmount, pidfd_getfd, mount_setattr, memfd_secret:
newer than the point from which all machines have the same numbers."""
MACHINES = {
    # shmget semget msgget ptrace syslog personality pivot_root chroot mount umount2 mq_open add_key
    # request_key keyctl unshare perf_event_open open_by_handle_at setns process_vm_readv
    # process_vm_writev kcmp memfd_create bpf userfaultfd
    "x86_64": _Machine(
        audit=0xC000003E,
        clone=56,
        socket=41,
        denied=(
            *(29, 64, 68, 101, 103, 135, 155, 161, 165, 166, 240, 248),
            *(249, 250, 272, 298, 304, 308, 310, 311, 312, 319, 321, 323),
            *_BOTH,
        ),
    ),
    "aarch64": _Machine(
        audit=0xC00000B7,
        clone=220,
        socket=198,
        denied=(
            *(194, 190, 186, 117, 116, 92, 41, 51, 40, 39, 180, 217),
            *(218, 219, 97, 241, 265, 268, 270, 271, 272, 279, 280, 282),
            *_BOTH,
        ),
    ),
}
CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
_NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW* flag that clone() takes
_CLONE3 = 435
_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: the network namespace holds no others in
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def fork_into(flags: int) -> int:
    """Fork into new namespaces; return the child's pid, and 0 in the child."""
    number = MACHINES[os.uname().machine].clone
    return _checked(
        _libc.syscall(number, *map(ctypes.c_long, (flags | signal.SIGCHLD, 0, 0, 0, 0))), "clone"
    )


def mount(kind: str, target: str, flags: int, options: str = "") -> None:
    """Mount a file system, or change how one is mounted."""
    arguments = (kind.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags))
    _checked(_libc.mount(*arguments, options.encode()), f"mount {target}")


def unmount(target: str) -> None:
    """Take a file system out of sight."""
    detach = 2
    _checked(_libc.umount2(target.encode(), detach), f"umount {target}")


def drop_capabilities() -> None:
    """Give up every capability, with no way back."""
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    _checked(_libc.capset(header, bytes(24)), "capset")
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def deny_calls() -> None:
    """Refuse, from here on, what no program needs that solves a problem."""
    program = _filter(MACHINES[os.uname().machine])
    buffer = ctypes.create_string_buffer(program)
    size = ctypes.sizeof(ctypes.c_void_p)
    head = struct.pack(f"H{size - 2}xP", len(program) // 8, ctypes.addressof(buffer))
    _checked(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, head, 0, 0), "seccomp")


def _filter(machine: _Machine) -> bytes:
    load, equal, any_bit, at_least, answer = 0x20, 0x15, 0x45, 0x35, 0x06
    allow, kill = 0x7FFF0000, 0x80000000
    refuse = 0x00050000
    nr, architecture, first_argument = 0, 4, 16

    def when(test: int, value: int, then: int) -> list[tuple[int, int, int, int]]:
        return [(test, 0, 1, value), (answer, 0, 0, then)]

    def only(
        number: int, rules: list[tuple[int, int, int, int]]
    ) -> list[tuple[int, int, int, int]]:
        return [(equal, 0, len(rules) + 1, number), (load, 0, 0, first_argument), *rules]

    steps = [(load, 0, 0, architecture), (equal, 1, 0, machine.audit), (answer, 0, 0, kill)]
    steps += [(load, 0, 0, nr), *when(at_least, 0x40000000, refuse | errno.EPERM)]  # x32's numbers
    steps += when(equal, _CLONE3, refuse | errno.ENOSYS)  # its flags are out of sight: use clone
    for number in machine.denied:
        steps += when(equal, number, refuse | errno.EPERM)
    namespaces = when(any_bit, _NEW_NAMESPACES, refuse | errno.EPERM)
    steps += only(machine.clone, [*namespaces, (answer, 0, 0, allow)])
    families = [step for family in _FAMILIES for step in when(equal, family, allow)]
    steps += only(machine.socket, [*families, (answer, 0, 0, refuse | errno.EAFNOSUPPORT)])
    steps.append((answer, 0, 0, allow))
    return b"".join(struct.pack("HBBI", *step) for step in steps)
