"""Draws what the benches kept (build/bench/*.json) as small SVG files, and writes the tables of docs/performance.md anew.

  bench/fleet/plots.py [--keep]    --keep: into docs/performance/ and docs/performance.md, else beside the results
"""
import json
import re
import sys

import lab

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 220, 56, 12, 28, 34
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]
DOCS = lab.ROOT / "docs"


def nice(top):
    """A round number that is not below."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor >= top:
                return step * factor
        step *= 10


def plot(title, x_name, y_name, lines):
    """`lines`: name -> [(x, y)]."""
    top_x = max((x for line in lines.values() for x, _ in line), default=1) or 1
    top_y = nice(max((y for line in lines.values() for _, y in line), default=1) or 1)
    inner_w, inner_h = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    to_x = lambda x: LEFT + x / top_x * inner_w
    to_y = lambda y: TOP + inner_h - y / top_y * inner_h
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
           f'<text x="{LEFT}" y="16" font-size="13">{title}</text>']
    for part in range(5):
        y = top_y * part / 4
        out.append(f'<path d="M{LEFT} {to_y(y):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{LEFT - 6}" y="{to_y(y) + 4:.1f}" text-anchor="end">{y:g}</text>')
        x = top_x * part / 4
        out.append(f'<text x="{to_x(x):.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{x:.3g}</text>')
    out.append(f'<text x="{LEFT + inner_w / 2}" y="{HEIGHT - 5}" text-anchor="middle">{x_name}</text>'
               f'<text x="12" y="{TOP + inner_h / 2}" text-anchor="middle" transform="rotate(-90 12 {TOP + inner_h / 2})">{y_name}</text>')
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{to_x(x):.1f},{to_y(y):.1f}" for x, y in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if len(lines) > 1:
            out.append(f'<text x="{WIDTH - RIGHT - 4}" y="{TOP + 10 + 14 * number}" text-anchor="end" fill="{colour}">{name}</text>')
    return "\n".join(out) + "\n</svg>\n"


def table(data):
    text = lambda v: "" if v is None else f"{v:,.3g}" if isinstance(v, float) and abs(v) < 100 else f"{v:,.0f}"
    m = data["machine"]
    setting = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in data["setting"].items())
    rows = [f"{setting}. Commit {m['commit']}, {m['date']}, {m['cores']} cores ({m['cpu']}), load {m['load_at_start']} to {m['load_at_end']}.",
            "", "| figure | measured | budget | | floor | |", "|---|---|---|---|---|---|"]
    for row in data["figures"]:
        met = row.get("met")
        rows.append(f"| {row['figure']} | {text(row['value'])} {row['unit']} | {text(row.get('budget'))} | "
                    f"{'' if met is None else 'met' if met else '**missed**'} | {text(row.get('floor'))} | {row.get('note', '')} |")
    return "\n".join(rows)


def by_viewers(data, what):
    """A figure of relay_fanout over the number of viewers, with its floor: for plot()."""
    lines = {"gateway": [], "floor": []}
    for row in data["figures"]:
        found = re.fullmatch(rf"(\d+) viewers: {what}", row["figure"])
        if found and row.get("floor") is not None:
            lines["gateway"].append((int(found[1]), row["value"]))
            lines["floor"].append((int(found[1]), row["floor"]))
    return lines


def main():
    keep = "--keep" in sys.argv[1:]
    folder = DOCS / "performance" if keep else lab.RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    results = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(lab.RESULTS.glob("*.json"))}
    if curve := results.get("fleet_login", {}).get("curve"):
        (folder / "fleet_login.svg").write_text(plot("Cold start", "seconds since the start of the process", "devices online",
                                                     {"online": curve}), encoding="utf-8")
    for name, line in results.get("fleet_storm", {}).get("attempts_per_second", {}).items():
        (folder / f"storm_{name.replace(' ', '_')}.svg").write_text(
            plot(f"Storm: {name}", "seconds", "connections a second", {name: line}), encoding="utf-8")
    if fanout := results.get("relay_fanout"):
        (folder / "relay_delay.svg").write_text(plot("One stream to many viewers over RTSP: delay at the median", "viewers", "ms",
                                                     by_viewers(fanout, "delay p50")), encoding="utf-8")
        (folder / "relay_cpu.svg").write_text(plot("One stream to many viewers over RTSP: CPU a Gbit", "viewers", "s",
                                                   by_viewers(fanout, "CPU a Gbit")), encoding="utf-8")
    if not keep:
        return
    page = DOCS / "performance.md"
    text = page.read_text(encoding="utf-8")
    for name, data in results.items():
        mark = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.S)
        text = mark.sub(lambda found, data=data: found.group(1) + table(data) + "\n" + found.group(2), text)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
