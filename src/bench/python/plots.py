"""Bar charts as SVG, drawn by hand: a panel for each scenario, a bar for each target, a whisker from least to most."""

from html import escape

from measure import SCENARIOS
from targets import TARGETS

WIDTH, LABEL, VALUE, ROW, HEAD, GAP = 460, 170, 60, 18, 34, 18
BAR = WIDTH - LABEL - VALUE
OURS, PEER, NONE = "#2463a8", "#8a8f98", "#c9cdd3"
STYLE = "text{font:11px sans-serif;fill:#222}.t{font-weight:bold;font-size:12px}.h{font-weight:bold;font-size:15px}"


def all_of(summary):
    """name -> SVG, for each chart that the run has figures for."""
    charts = {  # title, figure, where the dashed line is, bars of more than so many times nginx's are cut off
        "rate": ("Messages per second, ratio to nginx (more is better; dashed: nginx)", "rate_ratio", 1, None),
        "cpu": ("CPU of the proxy per message, ratio to nginx (less is better; dashed: nginx)", "cpu_ms_ratio", 1, 10),
        "latency": ("Median time with one session, µs (less is better)", "p50_us", None, 10),
        "memory": ("Memory per idle session, KiB (less is better)", "idle_kib", None, None),
    }
    drawn = {name: chart(title, panels(summary, figure), mark, cut)
             for name, (title, figure, mark, cut) in charts.items()}
    return {name: svg for name, svg in drawn.items() if svg}


def panels(summary, figure):
    found = [(f"{s}: {SCENARIOS[s].title}", [(t, f[figure]) for t, f in of_targets.items() if figure in f])
             for s, of_targets in summary.items()]
    return [(title, rows) for title, rows in found if rows]


def chart(title, shown, mark, cut):
    if not shown:
        return None
    columns = min(2, len(shown))
    lines, y = [], 34
    for at in range(0, len(shown), columns):
        row = shown[at:at + columns]
        for column, (head, bars) in enumerate(row):
            drawn = panel(head, bars, mark, cut)
            lines.append(f'<g transform="translate({10 + column * (WIDTH + 20)},{y})">{drawn}</g>')
        y += HEAD + max(len(bars) for _, bars in row) * ROW + GAP
    width = max(columns * (WIDTH + 20), 560)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" width="{width}" height="{y}" '
            f'role="img" aria-label="{escape(title)}">\n<style>{STYLE}</style>\n'
            '<rect width="100%" height="100%" fill="#fff"/>\n'
            f'<text class="h" x="10" y="22">{escape(title)}</text>\n' + "\n".join(lines) + "\n</svg>\n")


def panel(head, bars, mark, cut):
    top = longest(dict(bars), mark or 0, cut)
    scale = BAR / top
    parts = [f'<text class="t" x="0" y="20">{escape(head)}</text>']
    parts += [bar(i, target, value, scale) for i, (target, value) in enumerate(bars)]
    if mark:
        x = LABEL + mark * scale
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{HEAD - 6}" y2="{HEAD + len(bars) * ROW - 4}" '
                     'stroke="#b3261e" stroke-dasharray="3 2"/>')
    return "".join(parts)


def longest(bars, mark, cut):
    """What the longest bar stands for. Without a proxy all is so fast that the others would not be seen."""
    limit = cut * bars["nginx"][0] if cut and "nginx" in bars else float("inf")
    return max([mark, *(most for target, (_, _, most) in bars.items() if target != "direct" and most <= limit)]) or 1


def bar(index, target, value, scale):
    middle, least, most = (min(max(0.0, v), BAR / scale) for v in value)
    y = HEAD + index * ROW
    colour = NONE if target == "direct" else OURS if TARGETS[target].title.startswith("smtpproxy") else PEER
    text = f"{value[0]:,.0f}" if value[0] >= 100 else f"{value[0]:.2f}"
    return (f'<text x="{LABEL - 6}" y="{y + 9}" text-anchor="end">{escape(TARGETS[target].title)}</text>'
            f'<rect x="{LABEL}" y="{y}" width="{middle * scale:.1f}" height="12" fill="{colour}"/>'
            f'<line x1="{LABEL + least * scale:.1f}" x2="{LABEL + most * scale:.1f}" y1="{y + 6}" y2="{y + 6}" '
            f'stroke="#222"/><text x="{LABEL + max(middle, most) * scale + 5:.1f}" y="{y + 10}">{text}</text>')
