"""What it costs to watch a proxy: one process with two of them, one watched and one not, driven in turn."""

import argparse
import random
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import processes
import report
from bench import environment, names, say
from measure import SCENARIOS, Bench, Sink
from processes import HOST, BenchError
from targets import CLASSES, GATEWAY, HERE, MAIL, PLAIN, Target, java, jdk

WARM_UP = 0.5  # a window of it, in seconds
SETTLE = 1.0  # load that is not counted, behind the begin and the end of what watches, in seconds
RESAMPLED = 2000
EVENTS = ["Session", "Transaction", "Filter", "Lease"]
OWN_EVENTS = ("settings=none", *(f"+io.github.smtpproxy.{event}#enabled=true" for event in EVENTS))


@dataclass(frozen=True)
class Watching:
    """What watches one of the two."""

    title: str
    what: str  # the argument of Watched
    scenario: str = "b"
    recording: tuple = ()  # how jcmd starts a recording, which runs while the watched one is driven and at no other time
    looks: bool = False  # a viewer has the page open while the watched one is driven


KINDS = {
    "nothing": Watching("nothing: two that are equal", "nothing"),
    "metrics": Watching("`SmtpProxyMetrics`, a Prometheus registry", "metrics"),
    "tracing": Watching("`SmtpProxyTracing`, 1 % of the sessions sampled", "0.01"),
    "tracing-all": Watching("`SmtpProxyTracing`, every session sampled, without exporting", "1"),
    "jfr": Watching("`SmtpProxyJfr`, and a recording of its events", "jfr", recording=OWN_EVENTS),
    "page": Watching("the page, open", "page", scenario="a", looks=True),
    "page-one": Watching("the page, open, and one client", "page", scenario="s1", looks=True),
}


class Proxy:
    """One of the two, as the load sees it."""

    host = HOST
    within = []

    def __init__(self, name, pair, port):
        self.target = Target(name, name, None)
        self.pair = pair
        self.port = port

    def pids(self):
        return processes.tree(self.pair.process.pid)

    def check(self):
        self.pair.check()


class Pair:
    """The process with both, and who looks."""

    def __init__(self, watching, folder, sink_port):
        folder.mkdir(parents=True, exist_ok=True)
        self.watching = watching
        self.viewer = None
        self.folder = folder
        ports = [processes.free_port() for _ in range(3)]
        self.process = processes.start(
            list(map(str, java(25, PLAIN, "-cp", f"{GATEWAY}:{CLASSES}:{MAIL}/*", "Watched", watching.what, sink_port, *ports))),
            folder / "log", cwd=folder)
        self.page = ports[2]
        self.watched, self.unwatched = Proxy("watched", self, ports[0]), Proxy("unwatched", self, ports[1])
        try:
            for proxy in [self.watched, self.unwatched]:
                processes.await_greeting(self.process, proxy.port, folder / "log")
        except BaseException:
            self.stop()
            raise

    def check(self):
        """Fails where the process or who should look has ended, since then something else was measured."""
        for process in [self.process, self.viewer]:
            if process and process.poll() is not None:
                raise BenchError(f"{process.args[0]} ended with {process.returncode}")

    def look(self):
        """What a browser asks for as long as the page is open; as a browser it reads at once what there is."""
        self.viewer = processes.start(["curl", "-sSfN", f"http://{HOST}:{self.page}/events"], self.folder / "seen")

    def look_away(self):
        processes.stop(self.viewer)
        self.viewer = None

    def record(self, *command):
        subprocess.run([str(jdk(25) / "bin/jcmd"), str(self.process.pid), *command], check=True, capture_output=True)

    def stop(self):
        for process in [self.viewer, self.process]:
            if process:
                processes.stop(process)


class Windows:
    """Drives one of the two, then the other."""

    def __init__(self, bench, pair, seconds):
        self.bench = bench
        self.pair = pair
        self.scenario = SCENARIOS[pair.watching.scenario]
        self.seconds = seconds

    def warm_up(self, seconds):
        for _ in range(max(1, round(seconds / (4 * WARM_UP)))):
            for scenario in ["a", "b"]:
                for proxy in [self.pair.watched, self.pair.unwatched]:
                    self.bench.drive(proxy, SCENARIOS[scenario], WARM_UP)

    def watched(self):
        watching = self.pair.watching
        if watching.recording:
            self.pair.record("JFR.start", "name=bench", *watching.recording)
        if watching.looks:
            self.pair.look()
        try:
            return self.settled(self.pair.watched)
        finally:
            if watching.looks:
                self.pair.look_away()
            if watching.recording:
                self.pair.record("JFR.stop", "name=bench")

    def unwatched(self):
        return self.settled(self.pair.unwatched)

    def settled(self, proxy):
        """What begins or ends before is not counted, nor the first load behind it."""
        if self.pair.watching.recording or self.pair.watching.looks:
            self.bench.drive(proxy, self.scenario, min(SETTLE, self.seconds))
        return self.bench.drive(proxy, self.scenario, self.seconds)

    def both(self, watched_first):
        if watched_first:
            return self.watched(), self.unwatched()
        unwatched = self.unwatched()
        return self.watched(), unwatched


def known_within(ratios):
    """Where the median lies with 95 %, from samples of the samples."""
    chance = random.Random(1)
    medians = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(RESAMPLED))
    return medians[RESAMPLED // 40], medians[-RESAMPLED // 40]


def measured(bench, watching, folder, args, sink_port):
    pair = Pair(watching, folder, sink_port)
    try:
        windows = Windows(bench, pair, args.seconds)
        windows.warm_up(args.warm_up)
        taken = [windows.both(number % 2) for number in range(args.pairs)]
    finally:
        pair.stop()
    ratios = {figure: [w[figure] / u[figure] for w, u in taken if u[figure]] for figure in ["rate", "cpu_us"]}
    return {"rate": statistics.median(u["rate"] for _, u in taken),
            **{f"{figure}_ratio": statistics.median(values) for figure, values in ratios.items()},
            **{f"{figure}_within": known_within(values) for figure, values in ratios.items()}}


def table(results):
    lines = ["| what watches | messages a second, unwatched | watched, unwatched = 1 (with 95 %) | CPU of a message, unwatched = 1 (with 95 %) |",
             "|---|---:|---:|---:|"]
    for name, found in results.items():
        cells = [f"{found[f + '_ratio']:.2f} ({found[f + '_within'][0]:.2f} to {found[f + '_within'][1]:.2f})"
                 for f in ["rate", "cpu_us"]]
        lines.append(f"| {KINDS[name].title} | {found['rate']:,.0f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def arguments():
    p = argparse.ArgumentParser(prog="src/bench/run --watched")
    p.add_argument("--pairs", type=int, default=100, metavar="N", help="windows of each of the two (default: 100)")
    p.add_argument("--seconds", type=float, default=0.6, metavar="S", help="length of a window (default: 0.6)")
    p.add_argument("--warm-up", type=float, default=45.0, metavar="S", help="load before measuring (default: 45)")
    p.add_argument("--kinds", type=names(KINDS), default=list(KINDS), metavar="A,B", help=", ".join(KINDS))
    p.add_argument("--out", type=Path, default=HERE / "target/watched", metavar="DIR")
    args = p.parse_args()
    args.rounds, args.idle, args.held, args.quick = args.pairs, None, None, None
    return args


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    about, results = environment(args), {}
    sink = Sink(str(HERE / "target/sink"))
    try:
        bench = Bench(HERE / "target/load", sink, 0, 0)
        for name in args.kinds:
            results[name] = measured(bench, KINDS[name], args.out.resolve() / "work" / name, args, sink.port)
            say(table({name: results[name]}).splitlines()[-1])
    finally:
        sink.stop()
    report.keep(about, results, table(results), args.out)


if __name__ == "__main__":
    sys.exit(main())
