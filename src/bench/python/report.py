"""The figures of a run as a page of tables, as JSON and as plots."""

import json
from statistics import median

import plots
from measure import SCENARIOS
from targets import TARGETS

BASE = "nginx"


def write(data, folder):
    folder.mkdir(parents=True, exist_ok=True)
    summary = summarize(data["results"])
    (folder / "results.json").write_text(json.dumps({**data, "summary": summary}, indent=1) + "\n")
    (folder / "results.md").write_text(page(data, summary))
    for name, svg in plots.all_of(summary).items():
        (folder / f"{name}.svg").write_text(svg)


def summarize(results):
    """scenario -> target -> figure -> [median, least, most] over the rounds; ratios are taken within each round."""
    return {s: {t: figures(results, s, t) for t in TARGETS if s in results.get(t, {})}
            for s in SCENARIOS if any(s in of_target for of_target in results.values())}


def figures(results, scenario, target):
    rounds = results[target][scenario]
    base = {r["round"]: r for r in results.get(BASE, {}).get(scenario, [])}
    found = {"rate": [r["rate"] for r in rounds]}
    if target != "direct":
        found["cpu_ms"] = [r["cpu_ms"] for r in rounds]
    for name in list(found):
        found[f"{name}_ratio"] = [r[name] / base[r["round"]][name] for r in rounds
                                  if base.get(r["round"], {}).get(name)]
    if SCENARIOS[scenario].latency:
        for quantile in ["p50", "p99"]:
            found[f"{quantile}_us"] = [r[f"{SCENARIOS[scenario].latency}_us"][quantile] for r in rounds]
    if scenario == "i":
        found["idle_ratio"] = [r["rate"] / r["rate_without_idle"] for r in rounds if r["rate_without_idle"]]
        if target != "direct":
            found["idle_kib"] = [r["idle_kib"] for r in rounds]
    found["other_cores"] = [r["other_cores"] for r in rounds]
    return {name: [median(v), min(v), max(v)] for name, v in found.items() if v}


def number(value):
    if value == 0:
        return "0"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}" if value >= 0.1 else f"{value:.4f}"


def spread(value, form=number):
    return f"{form(value[0])} [{form(value[1])}–{form(value[2])}]" if value else "–"


def ratio(value):
    return f"{value:.2f}"


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def page(data, summary):
    about = data["environment"]
    parts = [
        "# Results",
        f"{about['date']}, {about['commit']}; {about['cores']} cores ({about['cpu']}), Linux {about['kernel']}; "
        f"{about['nginx']}; {about['haproxy']}; Haraka {about['haraka']} on Node {about['node']}; "
        f"{'; '.join(about['jdks'])}, with `{about['jvm']}`. {about['rounds']} rounds of {about['seconds']} s each, "
        f"after {about['warm_up']} s of warm-up.",
    ]
    if about["quick"]:
        parts.append("**A quick run:** it shows that all works and nothing is lost; it says nothing about speed.")
    parts += [f"Skipped: {name}, {why}." for name, why in data["skipped"].items()]
    parts += [f"**Failed:** {error}" for error in data["errors"]]
    parts += ["## Messages per second as a ratio to nginx (in brackets: CPU per message)", overview(summary)]
    for scenario, of_targets in summary.items():
        parts += [f"## {scenario}: {SCENARIOS[scenario].title}", details(scenario, of_targets)]
    parts.append("Median [least–most] over the rounds. Ratios are taken within each round. CPU is that of the proxy "
                 "with all its processes; *others* is what neither proxy nor load nor sink used, in cores.")
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def overview(summary):
    names = [t for t in TARGETS if any(t in of_targets for of_targets in summary.values())]
    rows = [[TARGETS[t].title, *(cell(summary[s].get(t, {})) for s in summary)] for t in names]
    return table(["", *summary], rows)


def cell(found):
    if "rate_ratio" not in found:
        return "–"
    cpu = f" ({ratio(found['cpu_ms_ratio'][0])})" if "cpu_ms_ratio" in found else ""
    return ratio(found["rate_ratio"][0]) + cpu


def details(scenario, of_targets):
    columns = [("messages/s", "rate", number), ("÷ nginx", "rate_ratio", ratio), ("CPU ms/message", "cpu_ms", number),
               ("÷ nginx", "cpu_ms_ratio", ratio)]
    if SCENARIOS[scenario].latency:
        columns += [("p50, µs", "p50_us", number), ("p99, µs", "p99_us", number)]
    if scenario == "i":
        columns += [("KiB per idle session", "idle_kib", number), ("÷ b without them", "idle_ratio", ratio)]
    columns.append(("others", "other_cores", ratio))
    rows = [[TARGETS[t].title, *(spread(found.get(key), form) for _, key, form in columns)]
            for t, found in of_targets.items()]
    return table(["", *(title for title, _, _ in columns)], rows)
