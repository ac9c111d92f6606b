"""Processes that the benchmark starts: each ends by its id, and what it used is read from /proc."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
HOST = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class BenchError(Exception):
    """What was measured did not work; the message says what happened."""


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def _end_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def start(argv, log, **options):
    """Starts a program whose output goes to a file, and which ends when the benchmark does, however that ends."""
    with open(log, "wb") as out:
        return subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=_end_with_parent, **options)


def await_greeting(process, port, log, seconds=60):
    """Waits until the program greets a client."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with socket.create_connection((HOST, port), timeout=5) as s:
                if s.recv(512).startswith(b"220"):
                    s.sendall(b"QUIT\r\n")
                    s.recv(512)
                    return
        except OSError:
            pass
        time.sleep(0.05)
    raise BenchError(f"{process.args[0]} greeted nobody within {seconds} s; see {log}")


def tree(pid):
    """The process and all below it."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = _stat(int(entry))
            if stat:
                children.setdefault(int(stat[1]), []).append(int(entry))
    found = [pid]
    for parent in found:
        found.extend(children.get(parent, []))
    return found


def _stat(pid):
    """The fields of /proc/PID/stat from the state on, or nothing if the process is gone."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def cpu_seconds(pids):
    """User and system time of the processes and of their children that ended, in seconds."""
    stats = [_stat(pid) for pid in pids]
    return sum(int(ticks) for stat in stats if stat for ticks in stat[11:15]) / TICKS


def busy_seconds():
    """What all cores together have worked since the machine started, in seconds."""
    with open("/proc/stat") as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def pss_kib(pids):
    """Proportional set size of the processes, in KiB."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    return total


def live_heap_kib(pid):
    """What the objects of a JVM take that are still in use, in KiB. It collects the garbage for that."""
    jcmd = Path(os.readlink(f"/proc/{pid}/exe")).parent / "jcmd"
    said = subprocess.run([jcmd, str(pid), "GC.class_histogram"], capture_output=True, text=True, check=True, timeout=60)
    total = next(line for line in reversed(said.stdout.splitlines()) if line.startswith("Total"))
    return int(total.split()[2]) / 1024


def stop(process, grace=10):
    """Ends a program and all that it started; says which ids had to be killed."""
    pids = tree(process.pid)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            pass
    end = time.monotonic() + 2
    while time.monotonic() < end and any(_alive(pid) for pid in pids):
        time.sleep(0.02)
    killed = [pid for pid in pids if _alive(pid)]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    process.wait()
    return killed


def _alive(pid):
    stat = _stat(pid)
    return stat is not None and stat[0] != "Z"
