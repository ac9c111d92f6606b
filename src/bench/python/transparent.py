"""Drives the same load through a synchronous and a transparent proxy in the network namespaces of src/bench/transparent."""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import processes
import report
import targets
from bench import environment, say
from measure import SCENARIOS, Bench, Sink
from processes import BenchError
from targets import GATEWAY, HERE, ROOT, Target

RULES = ROOT / "smtpproxy-examples/transparent/fail-closed.sh"
ROUTER, SERVER = "10.91.1.1", "10.91.2.2"  # as the client sees them
PORT = 2525
SYNCHRONOUS, TRANSPARENT = "synchronous", "transparent"


def within(namespace, *argv):
    return ["ip", "netns", "exec", namespace, *map(str, argv)]


class Placed:
    """A proxy in the namespace of the router, or none; the load comes from that of the client."""

    within = within("c")

    def __init__(self, name, transport, folder, sink_port):
        self.target = Target(name, name, None, compiled=name == "direct")
        self.sink_port = sink_port
        self.host, self.port = (ROUTER, PORT) if name == SYNCHRONOUS else (SERVER, sink_port)
        self.process = None
        if name != "direct":
            mode = ["--to", f"{SERVER}:{sink_port}"] if name == SYNCHRONOUS else ["--mode", TRANSPARENT]
            self.process = self.start(transport, folder / name, mode)

    @staticmethod
    def start(transport, folder, mode):
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "log"
        argv = targets.java(25, "-jar", GATEWAY, "--listen", f"[::]:{PORT}", "--received", "off", "--transport", transport,
                            *mode)
        process = processes.start(within("p", *argv), log, cwd=folder)
        end = time.monotonic() + 60
        while "listening on" not in log.read_text():
            if process.poll() is not None or time.monotonic() > end:
                processes.stop(process)
                raise BenchError(f"the proxy does not listen; see {log}")
            time.sleep(0.05)
        return process

    def lead(self):
        """Connections to the server come to the proxy where it is transparent, and pass otherwise."""
        up = "up" if self.target.name == TRANSPARENT else "down"
        subprocess.run(within("p", "bash", RULES, up, "tproxy", "cl", self.sink_port, PORT), check=True)

    def pids(self):
        return processes.tree(self.process.pid) if self.process else []

    def check(self):
        """Fails where the proxy has ended."""
        if self.process and self.process.poll() is not None:
            raise BenchError(f"{self.target.name}: the proxy ended with {self.process.returncode}")

    def stop(self):
        if self.process:
            processes.stop(self.process)


def arguments():
    p = argparse.ArgumentParser(prog="src/bench/run --transparent")
    p.add_argument("--rounds", type=int, default=5, metavar="N", help="how often everything is measured (default: 5)")
    p.add_argument("--seconds", type=float, default=3.0, metavar="S", help="length of one measurement (default: 3)")
    p.add_argument("--warm-up", type=float, default=25.0, metavar="S", help="load before measuring (default: 25)")
    p.add_argument("--transport", default="plain", metavar="plain|event-loops", help="what carries sessions (default: plain)")
    p.add_argument("--scenarios", default="a,b,c", metavar="A,B", help="default: a,b,c")
    p.add_argument("--out", type=Path, default=HERE / "target/transparent", metavar="DIR")
    args = p.parse_args()
    args.idle = args.held = args.quick = None
    return args


def measure(bench, args, name, sink_port, number, rates):
    """One proxy at a time, or its idle threads would share the cores with the other."""
    placed = Placed(name, args.transport, args.out.resolve() / "work", sink_port)
    try:
        placed.lead()
        bench.warm_up(placed, args.warm_up)
        for scenario in args.scenarios.split(","):
            figures = bench.drive(placed, SCENARIOS[scenario], args.seconds)
            rates.setdefault(scenario, {}).setdefault(name, []).append(figures)
            say(f"{number} {scenario} {name:12} {figures['rate']:9.1f} messages/s, {figures['cpu_us']:.1f} µs of CPU each, "
                f"{figures['other_cores']} cores busy with something else")
    finally:
        placed.stop()


def ratios(rates, figure):
    return [t[figure] / s[figure] for t, s in zip(rates[TRANSPARENT], rates[SYNCHRONOUS])]


def table(results):
    lines = ["| | direct | synchronous | transparent | ratio, median of the rounds (least to most) | CPU, ratio |", "|---|---:|---:|---:|---:|---:|"]
    for scenario, rates in results.items():
        medians = [f"{statistics.median(f['rate'] for f in rates[n]):.0f}" for n in ["direct", SYNCHRONOUS, TRANSPARENT]]
        rate, cpu = ratios(rates, "rate"), ratios(rates, "cpu_us")
        lines.append(f"| {SCENARIOS[scenario].title}, {SCENARIOS[scenario].detail} | {' | '.join(medians)} | "
                     f"{statistics.median(rate):.2f} ({min(rate):.2f} to {max(rate):.2f}) | {statistics.median(cpu):.2f} |")
    return "\n".join(lines)


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    about = environment(args)
    sink = Sink(*within("s", HERE / "target/sink", SERVER))
    results = {}
    try:
        bench = Bench(HERE / "target/load", sink, 0, 0)
        for number in range(1, args.rounds + 1):
            order = [SYNCHRONOUS, TRANSPARENT] if number % 2 else [TRANSPARENT, SYNCHRONOUS]
            # before the router has ends of connections to the sink: it would not forward what looks like one of them
            for name in (["direct"] if number == 1 else []) + order:
                measure(bench, args, name, sink.port, number, results)
    finally:
        sink.stop()
    report.keep(about, results, table(results), args.out)


if __name__ == "__main__":
    sys.exit(main())
