"""One measurement: the load drives a target for a while, and the sink must have taken just what was acknowledged."""

import contextlib
import json
import resource
import subprocess
import time
from dataclasses import dataclass, field

import processes
from processes import BenchError

COUNTED = ["messages", "octets", "recipients", "ids"]
COMPILED_WARM_UP = 2.0  # for caches and windows, in seconds
SETTLE = 1.0  # before memory is read, in seconds


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    detail: str
    load: list = field(default_factory=list)
    latency: str = ""  # "transaction" or "connection", where that is what the scenario is for


MANY = "20 sessions, 100 messages of 1 KiB per connection"
SCENARIOS = {s.name: s for s in [
    Scenario("a", "1 message per connection", "20 sessions, 1 KiB", ["--per-connection", "1"]),
    Scenario("b", "100 messages per connection", "20 sessions, 1 KiB"),
    Scenario("c", "messages of 1 MiB", "10 sessions, 5 messages per connection",
             ["--sessions", "10", "--per-connection", "5", "--size", str(1 << 20)]),
    Scenario("d", "5 recipients", MANY, ["--recipients", "5"]),
    Scenario("p", "pipelined", MANY, ["--pipelined"]),
    Scenario("s", "one session", "100 messages of 1 KiB per connection", ["--sessions", "1"], "transaction"),
    Scenario("s1", "one session, 1 message per connection", "1 KiB", ["--sessions", "1", "--per-connection", "1"],
             "connection"),
    Scenario("k200", "200 sessions", "100 messages of 1 KiB per connection", ["--sessions", "200"]),
    Scenario("k500", "500 sessions", "100 messages of 1 KiB per connection", ["--sessions", "500"]),
    Scenario("i", "beside idle sessions", "sessions that wait after EHLO, and 20 that send"),
    Scenario("h", "beside held sessions", "half wait after EHLO, half in the tarpit, and 20 that send; 20 connections"),
]}
GROUPS = {"s": ["s", "s1"], "k": ["k200", "k500"]}
B = SCENARIOS["b"]


class Sink:
    """The destination of every target."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.port = int(self.process.stdout.readline().split()[1])

    def counts(self):
        self.process.stdin.write("\n")
        return json.loads(self.process.stdout.readline())

    def cpu_seconds(self):
        return processes.cpu_seconds([self.process.pid])

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


class Bench:
    """The load and the sink, and what they say about a target."""

    def __init__(self, load, sink, idle, held):
        self.load = load
        self.sink = sink
        self.idle = idle
        self.held = held

    def warm_up(self, target, seconds):
        """The same kinds of load for every target; long only where a target compiles what it has seen to be used."""
        for name, share in [("b", 0.5), ("a", 0.2), ("p", 0.2), ("c", 0.1)]:
            self.drive(target, SCENARIOS[name], share * self._needed(target, seconds))

    @staticmethod
    def _needed(target, seconds):
        return min(seconds, COMPILED_WARM_UP) if target.target.compiled else seconds

    def drive(self, target, scenario, seconds):
        """Runs the load; gives its figures and the CPU time of all that took part."""
        pids = target.pids()
        before, busy, cpu, sink_cpu = (self.sink.counts(), processes.busy_seconds(), processes.cpu_seconds(pids),
                                       self.sink.cpu_seconds())
        load_cpu, began = _cpu_of_children(), time.monotonic()
        said = self._run_load(target, scenario, seconds)
        elapsed = time.monotonic() - began
        load_cpu = _cpu_of_children() - load_cpu
        cpu = processes.cpu_seconds(set(pids) | set(target.pids())) - cpu
        sink_cpu = self.sink.cpu_seconds() - sink_cpu
        others = processes.busy_seconds() - busy - cpu - sink_cpu - load_cpu
        self._compare(said, before, self.sink.counts(), target.target.adds)
        target.check()
        messages = said["messages"]
        return {
            "rate": said["in_time"] / seconds,
            "messages": messages,
            "cpu_seconds": cpu,
            "cpu_us": 1e6 * cpu / messages,
            "sink_cpu_us": 1e6 * sink_cpu / messages,
            "load_cpu_us": 1e6 * load_cpu / messages,
            "other_cores": round(max(0.0, others) / elapsed, 2),
            "transaction_us": said["transaction_us"],
            "connection_us": said["connection_us"],
        }

    def _run_load(self, target, scenario, seconds):
        argv = [*target.within, self.load, "--host", target.host, "--port", str(target.port), "--seconds", str(seconds),
                *scenario.load]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 120)
        if done.returncode != 0:
            raise BenchError(f"{scenario.name}: {done.stderr.strip() or f'load ended with {done.returncode}'}")
        return json.loads(done.stdout)

    @staticmethod
    def _compare(said, before, after, adds):
        for what in COUNTED:
            taken = (after[what] - before[what]) % (1 << 64)
            expected = said[what] % (1 << 64)
            if taken < expected if adds and what == "octets" else taken != expected:
                raise BenchError(f"{what}: {said[what]} acknowledged, {taken} taken by the sink")
        if said["messages"] == 0:
            raise BenchError("no message was relayed")

    def beside_idle(self, target, seconds, warm_up):
        """Memory of idle sessions in a process that has served few, then the load beside them and after them."""
        return self._beside(target, seconds, warm_up, self.idle, [])

    def beside_held(self, target, seconds, warm_up, connections):
        """The same with sessions of which half are in the tarpit, and a destination that has so many connections."""
        self.sink.counts()
        figures = self._beside(target, seconds, warm_up, self.held, ["--erring"])
        most = self.sink.counts()["most"]
        if most > connections:
            raise BenchError(f"h: the destination had {most} connections at once, not {connections} at most")
        return figures

    def _beside(self, target, seconds, warm_up, sessions, how):
        self.drive(target, SCENARIOS["a"], 0.1)
        time.sleep(SETTLE)
        before = processes.pss_kib(target.pids())
        with self._holding(target, sessions, how):
            grown = processes.pss_kib(target.pids()) - before
            self.drive(target, B, self._needed(target, warm_up))
            figures = self.drive(target, B, seconds)
        without = self.drive(target, B, seconds)
        figures |= {"memory_kib": before, "idle_kib": grown / sessions, "rate_without_idle": without["rate"]}
        return figures

    def live_heap(self, target, warm_up):
        """What each held session keeps of the heap in a process that has served for a while, in KiB."""
        self.drive(target, B, warm_up)
        before = processes.live_heap_kib(target.process.pid)
        with self._holding(target, self.held, ["--erring"]):
            return (processes.live_heap_kib(target.process.pid) - before) / self.held

    @contextlib.contextmanager
    def _holding(self, target, sessions, how):
        holder = subprocess.Popen([self.load, "--port", str(target.port), "--idle", str(sessions), *how],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            if not holder.stdout.readline().startswith("idle "):
                raise BenchError(f"sessions: {holder.stderr.read().strip()}")
            time.sleep(SETTLE)
            yield
        finally:
            holder.stdin.close()
            try:
                status = holder.wait(60)
            except subprocess.TimeoutExpired:
                holder.kill()
                status = holder.wait()
        if status != 0:
            raise BenchError(f"sessions that wait did not live: {holder.stderr.read().strip()}")


def _cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
