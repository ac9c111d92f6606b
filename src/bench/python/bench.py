"""Drives the same load through each target in turn, round after round, and writes down what it saw."""

import argparse
import datetime
import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import processes
import report
from measure import Bench, GROUPS, SCENARIOS, Sink
from processes import BenchError
from targets import CORES, HARAKA, HERE, JVM, POOLED, ROOT, TARGETS, Running, jdk


ALONE = ["i", "h"]  # scenarios with a fresh process of their own


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)


def arguments():
    p = argparse.ArgumentParser(prog="src/bench/run", description="Measures smtpproxy beside other proxies.")
    p.add_argument("--quick", action="store_true", help="one short round that only checks that nothing is lost")
    p.add_argument("--rounds", type=int, metavar="N", help="how often everything is measured (default: 5)")
    p.add_argument("--seconds", type=float, metavar="S", help="length of one measurement (default: 3)")
    p.add_argument("--warm-up", type=float, metavar="S",
                   help="load before measuring, of each target that compiles itself (default: 25)")
    p.add_argument("--idle", type=int, metavar="N", help="idle sessions in i (default: 5000)")
    p.add_argument("--held", type=int, metavar="N", help="sessions that are held in h (default: 10000)")
    p.add_argument("--targets", type=names(TARGETS), default=list(TARGETS), metavar="A,B", help=", ".join(TARGETS))
    p.add_argument("--scenarios", type=names(SCENARIOS, GROUPS), default=list(SCENARIOS), metavar="A,B",
                   help=", ".join(SCENARIOS) + "; s and k stand for all of theirs")
    p.add_argument("--out", type=Path, default=HERE / "target/results", metavar="DIR",
                   help="where results go (default: src/bench/target/results)")
    p.add_argument("--site", action="store_true", help="put the medians into the site, and draw its page anew")
    a = p.parse_args()
    for name, usual, quick in [("rounds", 5, 1), ("seconds", 3.0, 0.3), ("warm_up", 25.0, 0.5), ("idle", 5000, 200), ("held", 10000, 200)]:
        if getattr(a, name) is None:
            setattr(a, name, quick if a.quick else usual)
        if getattr(a, name) <= 0:
            p.error(f"--{name.replace('_', '-')} must be above 0")
    return a


def names(known, groups=None):
    def parse(text):
        chosen = []
        for name in text.split(","):
            if name not in known and name not in (groups or {}):
                raise argparse.ArgumentTypeError(f"'{name}' is none of {', '.join(known)}")
            chosen.extend((groups or {}).get(name, [name]))
        return [name for name in known if name in chosen]
    return parse


class Run:
    def __init__(self, args):
        self.args = args
        self.results = {}  # target -> scenario -> figures of each round
        self.errors = []
        self.skipped = {}
        self.number = 0
        self.targets = [t for t in map(TARGETS.get, args.targets) if not self.skip(t)]

    def skip(self, target):
        why = target.missing()
        if why:
            self.skipped[target.name] = why
            say(f"{target.name}: skipped, {why}")
        return why

    def all(self):
        sink = Sink(str(HERE / "target/sink"))
        try:
            bench = Bench(HERE / "target/load", sink, self.args.idle, self.args.held)
            for number in range(self.args.rounds):
                # another one first each time, so that a machine that drifts favours nobody
                order = self.targets[number % len(self.targets):] + self.targets[:number % len(self.targets)]
                self.round(bench, number + 1, order)
        finally:
            sink.stop()

    def round(self, bench, number, order):
        say(f"round {number} of {self.args.rounds}")
        self.number = number
        running = {}
        try:
            for target in order:
                if not target.holds:
                    self.attempt(running, target, "start", lambda: self.start(bench, running, target))
            for scenario in self.args.scenarios:
                for target in order:
                    if scenario not in ALONE and target.name in running:
                        self.attempt(running, target, scenario, lambda: self.measure(bench, running, target, scenario))
        finally:
            for target in running.values():
                target.stop()
        for scenario in ALONE:
            for target in order:
                if scenario in self.args.scenarios and target.holds == (scenario == "h"):
                    self.attempt({}, target, scenario, lambda: self.beside(bench, target, scenario))

    def start(self, bench, running, target):
        running[target.name] = Running(target, self.folder(target), bench.sink.port)
        if any(scenario not in ALONE for scenario in self.args.scenarios):
            bench.warm_up(running[target.name], self.args.warm_up)

    def measure(self, bench, running, target, scenario):
        self.note(target, scenario, bench.drive(running[target.name], SCENARIOS[scenario], self.args.seconds))

    def beside(self, bench, target, scenario):
        half = self.args.warm_up / 2
        if scenario == "i":
            figures = self.in_fresh(bench, target, lambda fresh: bench.beside_idle(fresh, self.args.seconds, half))
        else:
            figures = self.in_fresh(bench, target, lambda fresh: bench.beside_held(fresh, self.args.seconds, half, POOLED))
            if target.light:
                figures["live_kib"] = self.in_fresh(bench, target, lambda fresh: bench.live_heap(fresh, half))
        self.note(target, scenario, figures)

    def in_fresh(self, bench, target, measure):
        fresh = Running(target, self.folder(target), bench.sink.port)
        try:
            return measure(fresh)
        finally:
            fresh.stop()

    def folder(self, target):
        return self.args.out.resolve() / "work" / target.name

    def note(self, target, scenario, figures):
        self.results.setdefault(target.name, {}).setdefault(scenario, []).append({"round": self.number, **figures})
        say(f"{scenario:4} {target.name:12} {figures['rate']:9.1f} messages/s, {figures['cpu_us']:.1f} µs of CPU each")

    def attempt(self, running, target, scenario, action):
        """A target that fails is out for the round, and the run fails; the others go on."""
        try:
            action()
        except (BenchError, OSError, subprocess.SubprocessError) as failure:
            self.errors.append(f"{target.name}, {scenario}: {failure}")
            say(f"FAILED {self.errors[-1]}")
            if target.name in running:
                running.pop(target.name).stop()


def version(*argv):
    try:
        said = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False)
        return (said.stdout + said.stderr).strip().splitlines()[0]
    except (OSError, IndexError):
        return "missing"


def environment(args):
    cpu = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    haraka = HARAKA / "package.json"
    return {
        "date": datetime.date.today().isoformat(),
        "commit": version("git", "-C", ROOT, "describe", "--always", "--dirty"),
        "cores": CORES,
        "cpu": cpu[0] if cpu else platform.machine(),
        "kernel": platform.release(),
        "load_before": os.getloadavg()[0],
        "jvm": " ".join(JVM),
        "jdks": [version(jdk(v) / "bin/java", "-version") for v in (17, 25) if jdk(v)],
        "nginx": version("nginx", "-v"),
        "haproxy": version("haproxy", "-v"),
        "haraka": json.loads(haraka.read_text())["version"] if haraka.exists() else "missing",
        "node": version("node", "--version"),
        "quick": args.quick, "rounds": args.rounds, "seconds": args.seconds, "warm_up": args.warm_up, "idle": args.idle, "held": args.held,
    }


def main():
    args = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    args.out.mkdir(parents=True, exist_ok=True)
    about = environment(args)
    run = Run(args)
    if not run.targets:
        sys.exit("no target is left")
    run.all()
    data = {"environment": about, "results": run.results, "skipped": run.skipped, "errors": run.errors}
    report.write(data, args.out)
    if args.site:
        report.publish(data)
    print()
    print((args.out / "results.md").read_text())
    left = processes.tree(os.getpid())[1:]
    if left:
        run.errors.append(f"still running: {left}")
    for error in run.errors:
        print(f"error: {error}")
    print(f"{sum(len(s) for s in run.results.values())} passed, {len(run.errors)} failed")
    sys.exit(1 if run.errors else 0)


if __name__ == "__main__":
    main()
