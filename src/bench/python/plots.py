"""Bar charts as SVG, drawn by hand: a panel for each scenario, a bar for each target."""

from html import escape

from measure import SCENARIOS
from targets import TARGETS

LABEL, BAR, VALUE, ROW, HEAD, GAP = 182, 220, 62, 18, 46, 16
WIDTH = LABEL + BAR + VALUE
TOP = 46
STYLE = """
text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.panel { font-size: 13px; font-weight: 600 }
.small { font-size: 11px; fill: #57606a }
.value { paint-order: stroke; stroke: #ffffff; stroke-width: 4 }
.card { fill: #ffffff; stroke: #d0d7de }
.ours { fill: #2166ac }
.peer { fill: #8c96a3 }
.none { fill: #c8ced6 }
.cut { stroke: #ffffff; stroke-width: 3 }
.mark { stroke: #b3261e; stroke-dasharray: 3 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .small { fill: #9198a1 } .card { fill: #161b22; stroke: #30363d }
  .ours { fill: #58a6ff } .peer { fill: #848d97 } .none { fill: #484f58 }
  .cut, .value { stroke: #161b22 } .mark { stroke: #ff7b72 }
}
"""
PEERS = ["nginx", "haproxy", "haraka", "handler", "plain", "loops"]

# name: title, figure, targets and scenarios if not all, value of the dashed line, bars this many times nginx's are cut
CHARTS = {
    "overview": ("Messages per second, nginx = 1 (more is better)", "rate_ratio", PEERS, ["a", "b", "c", "p"], 1, None),
    "rate": ("Messages per second, nginx = 1 (more is better)", "rate_ratio", None, None, 1, None),
    "cpu": ("CPU of the proxy per message, nginx = 1 (less is better)", "cpu_us_ratio", None, None, 1, 5),
    "latency": ("Time of one session, median in ms (less is better)", "p50_ms", None, None, None, 5),
    "memory": ("Memory per session that waits, KiB (less is better)", "idle_kib", None, None, None, None),
    "held": ("Messages per second beside held sessions, without them = 1 (more is better)", "idle_ratio", None, ["h"],
             None, None),
}


def all_of(medians):
    """name -> SVG, for each chart that the run has figures for."""
    drawn = {}
    for name, (title, figure, targets, scenarios, mark, cut) in CHARTS.items():
        panels = [(s, [(t, found[figure]) for t, found in of_targets.items()
                       if figure in found and t in (targets or TARGETS)])
                  for s, of_targets in medians.items() if s in (scenarios or SCENARIOS)]
        panels = [(s, bars) for s, bars in panels if bars]
        if panels:
            drawn[name] = chart(title, panels, mark, cut)
    return drawn


def chart(title, panels, mark, cut):
    columns = min(2, len(panels))
    lines, y = [], TOP
    for at in range(0, len(panels), columns):
        row = panels[at:at + columns]
        for column, (scenario, bars) in enumerate(row):
            x = 16 + column * (WIDTH + 24)
            lines.append(f'<g transform="translate({x},{y})">\n{panel(scenario, bars, mark, cut)}\n</g>')
        y += HEAD + max(len(bars) for _, bars in row) * ROW + GAP
    width = columns * (WIDTH + 24) + 8
    drawn = "\n".join(lines)
    notes = "Dashed: nginx. " if mark else ""
    notes += "A bar with // is longer than drawn." if 'class="cut"' in drawn else ""
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 24}" width="{width}" height="{y + 24}" '
            f'role="img" aria-label="{escape(title)}">\n<style>{STYLE}</style>\n'
            f'<rect class="card" x=".5" y=".5" width="{width - 1}" height="{y + 23}" rx="8"/>\n'
            f'<text class="title" x="16" y="28">{escape(title)}</text>\n{drawn}\n'
            f'<text class="small" x="16" y="{y + 8}">{notes}</text>\n</svg>\n')


def panel(scenario, bars, mark, cut):
    longest = full_length(dict(bars), mark or 0, cut)
    parts = [f'<text class="panel" x="0" y="16">{escape(SCENARIOS[scenario].title)}</text>',
             f'<text class="small" x="0" y="32">{escape(SCENARIOS[scenario].detail)}</text>']
    if mark:
        x = LABEL + BAR * mark / longest
        parts.append(f'<path class="mark" d="M{x:.1f} {HEAD - 5}v{len(bars) * ROW + 3}"/>')
    parts += [bar(HEAD + i * ROW, target, value, longest) for i, (target, value) in enumerate(bars)]
    return "\n".join(parts)


def full_length(bars, mark, cut):
    """What a bar of full length stands for. Without a proxy all is so fast that the others would not be seen."""
    limit = cut * bars["nginx"] if cut and "nginx" in bars else float("inf")
    return max([mark, *(value for target, value in bars.items() if target != "direct" and value <= limit)]) or 1


def bar(y, target, value, longest):
    length = max(1.0, BAR * min(1.0, value / longest))
    kind = "none" if target == "direct" else "ours" if TARGETS[target].title.startswith("smtpproxy") else "peer"
    parts = [f'<text x="{LABEL - 6}" y="{y + 10}" text-anchor="end">{escape(TARGETS[target].title)}</text>',
             f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{length:.1f}" height="13" rx="1"/>',
             f'<text class="value" x="{LABEL + length + 5:.1f}" y="{y + 11}">{escape(number(value))}</text>']
    if value > longest:
        x = LABEL + BAR - 22
        parts.append(f'<path class="cut" d="M{x} {y + 15}l6 -17m5 0l-6 17"/>')
    return "".join(parts)


def number(value):
    """Three digits; what is too small for two decimals is not written as 0.00."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.01 else "< 0.01"
