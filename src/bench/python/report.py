"""The figures of a run as JSON, as tables and as plots. Run alone, it draws the site's page from its results.json."""

import json
import sys
from pathlib import Path
from statistics import median

import plots
from measure import SCENARIOS
from targets import ROOT, TARGETS

BASE = "nginx"
SITE = ROOT / "src/site/resources/benchmark"
PAGE = ROOT / "src/site/markdown/benchmark.md"
BEHIND = "<!-- All below is written by src/bench/draw from results.json. -->\n"
CPU_SECONDS = 0.05  # the kernel counts CPU time in ticks of 10 ms: less than this is not known well enough to be shown
ABSENT = "–"


def write(data, folder):
    """The run's own folder: every measurement, their medians, tables and plots."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rounds.json").write_text(json.dumps(data, indent=1) + "\n")
    medians = medians_of(data)
    save(medians, folder)
    (folder / "results.md").write_text("# Results\n\n" + tables(medians))
    draw(medians, folder)


def keep(about, results, markdown, folder):
    """What a measure of its own found: all of it, and its table, which is also shown."""
    (folder / "results.json").write_text(json.dumps({"environment": about, "results": results}, indent=1))
    (folder / "results.md").write_text(markdown + "\n")
    print(markdown)


def publish(data):
    """The site's copy, and the page that shows it."""
    save(medians_of(data), SITE)
    redraw()


def redraw():
    medians = json.loads((SITE / "results.json").read_text())
    draw(medians, SITE)
    head = PAGE.read_text().split(BEHIND)[0]
    PAGE.write_text(head + BEHIND + "\n" + tables(medians))


def save(medians, folder):
    (folder / "results.json").write_text(json.dumps(medians, indent=1) + "\n")


def draw(medians, folder):
    for name, svg in plots.all_of(medians["medians"]).items():
        (folder / f"{name}.svg").write_text(svg)


def medians_of(data):
    results = data["results"]
    scenarios = [s for s in SCENARIOS if any(s in of_target for of_target in results.values())]
    figures = {s: {t: figures_of(results, s, t) for t in TARGETS if s in results.get(t, {})} for s in scenarios}
    return {
        "environment": data["environment"],
        "medians": {s: {t: {name: round_off(median(values)) for name, values in found.items()}
                        for t, found in of_targets.items()} for s, of_targets in figures.items()},
        "spread": {s: round_off(spread(of_targets)) for s, of_targets in figures.items()},
        "skipped": data["skipped"],
        "errors": data["errors"],
    }


def figures_of(results, scenario, target):
    """figure -> its values in the rounds; ratios are taken within each round."""
    rounds = results[target][scenario]
    base = {r["round"]: known(r) for r in results.get(BASE, {}).get(scenario, [])}
    found = {"rate": [r["rate"] for r in rounds], "other_cores": [r["other_cores"] for r in rounds]}
    if target != "direct":
        found["cpu_us"] = [r["cpu_us"] for r in map(known, rounds) if "cpu_us" in r]
    for name in found.keys() & {"rate", "cpu_us"}:
        found[f"{name}_ratio"] = [r[name] / base[r["round"]][name] for r in map(known, rounds)
                                  if name in r and base.get(r["round"], {}).get(name)]
    if SCENARIOS[scenario].latency:
        for quantile in ["p50", "p99"]:
            found[f"{quantile}_ms"] = [r[f"{SCENARIOS[scenario].latency}_us"][quantile] / 1000 for r in rounds]
    if scenario in ("i", "h"):
        found["idle_ratio"] = [r["rate"] / r["rate_without_idle"] for r in rounds if r["rate_without_idle"]]
        if target != "direct":
            found["idle_kib"] = [r["idle_kib"] for r in rounds]
            found["live_kib"] = [r["live_kib"] for r in rounds if "live_kib" in r]
    return {name: values for name, values in found.items() if len(values) * 2 > len(rounds)}


def known(figures):
    """These figures without those that are below what the kernel's clock can tell."""
    return figures if figures["cpu_seconds"] >= CPU_SECONDS else {k: v for k, v in figures.items() if k != "cpu_us"}


def spread(of_targets):
    """How far the rounds are apart: half of the targets' rates differ by more than this part of their median."""
    return median((max(found["rate"]) - min(found["rate"])) / (median(found["rate"]) or 1)
                  for found in of_targets.values())


def round_off(value):
    return float(f"{value:.4g}")


def tables(data):
    medians = data["medians"]
    parts = [measured_on(data["environment"])]
    parts += [f"Skipped: {name}, {why}." for name, why in data["skipped"].items()]
    parts += [f"**Failed:** {error}" for error in data["errors"]]
    for title, figure in [("Messages per second, nginx = 1", "rate_ratio"),
                          ("CPU of the proxy per message, nginx = 1", "cpu_us_ratio"),
                          ("Messages per second", "rate"),
                          ("CPU of the proxy per message, µs", "cpu_us")]:
        rows = [(SCENARIOS[s].title, s, figure) for s in medians if any(figure in f for f in medians[s].values())]
        parts += [f"## {title}", by_scenario(medians, rows)] if rows else []
    latency = [(f"{SCENARIOS[s].title}: {words}", s, figure) for s in medians if SCENARIOS[s].latency
               for words, figure in [("median", "p50_ms"), ("99th percentile", "p99_ms")]]
    if latency:
        parts += ["## Time of a transaction with one session, ms",
                  "With one message per connection: time of the whole connection.", by_scenario(medians, latency)]
    if "i" in medians:
        parts += ["## Idle sessions", by_scenario(medians, [
            ("memory per idle session, KiB", "i", "idle_kib"),
            ("messages per second beside them, without them = 1", "i", "idle_ratio")])]
    if "h" in medians:
        parts += [f"## {data['environment']['held']:,} held sessions, and a destination with 20 connections",
                  by_scenario(medians, [
                      ("memory per held session, in a process that has served few, KiB", "h", "idle_kib"),
                      ("of the heap, in one that has served for a while, KiB", "h", "live_kib"),
                      ("messages per second beside them, without them = 1", "h", "idle_ratio")])]
    parts += ["## How far to trust them", trust(data)]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def measured_on(about):
    text = (f"## Measured on\n\n{about['date']}, commit {about['commit']}: {about['cores']} cores ({about['cpu']}), "
            f"Linux {about['kernel']}. {about['nginx']}; {about['haproxy']}; Haraka {about['haraka']} on Node "
            f"{about['node']}; {'; '.join(about['jdks'])}, with `{about['jvm']}`. {about['rounds']} rounds of "
            f"{about['seconds']} s for each figure, {about['warm_up']} s of warm-up, {about['idle']:,} idle sessions.")
    if about["quick"]:
        text += " **A quick run:** it shows that all works and nothing is lost; it says nothing about speed."
    return text


def trust(data):
    others = max(found["other_cores"] for of_targets in data["medians"].values() for found in of_targets.values())
    apart = [[SCENARIOS[s].title, f"{value * 100:.0f} %"] for s, value in data["spread"].items()]
    known_from = f"{CPU_SECONDS * 1000:.0f} ms"
    return ("All figures are medians of the rounds; ratios are taken within each round. "
            f"`{ABSENT}` is a figure that does not exist, or one of less than {known_from} of CPU in a round, too little for "
            f"the kernel's clock. Other processes of the machine used {others:.2f} cores at most. From the slowest round to "
            "the fastest, rates of a target differ by this part of their median, at the median of the targets:\n\n"
            + table(["scenario", "rounds differ by"], apart))


def by_scenario(medians, rows):
    names = [t for t in TARGETS if any(t in of_targets for of_targets in medians.values())
             and any(figure in medians[s].get(t, {}) for _, s, figure in rows)]
    return table(["", *(TARGETS[t].title for t in names)], [
        [title, *(plots.number(medians[s][t][figure]) if figure in medians[s].get(t, {}) else ABSENT for t in names)]
        for title, s, figure in rows])


def table(head, rows):
    lines = [head, ["---", *(["---:"] * (len(head) - 1))], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    if not Path(SITE / "results.json").exists():
        sys.exit("there are no results yet: src/bench/run --site")
    redraw()
