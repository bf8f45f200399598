#!/usr/bin/python3
"""The arrow of the house, read from the includes: a folder sees only what stands before it."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIBLINGS = ["device", "media", "events", "storage", "cluster", "auth", "telemetry"]
BEFORE_MODEL = ["base", "proto", "net"]
MAY_SEE = {
    "base": [],
    "proto": ["base"],
    "net": ["base", "proto"],
    "model": BEFORE_MODEL,
    **{sibling: [*BEFORE_MODEL, "model"] for sibling in SIBLINGS},
    "fleet": [*BEFORE_MODEL, "model"],
    "api": [*BEFORE_MODEL, "model", "fleet", "media", "auth", "telemetry"],
    "app": [*BEFORE_MODEL, "model", *SIBLINGS, "fleet", "api"],
}
# The command line (tools/cli) is linked into the program and knows the gateway by its API alone.
CLI_MAY_SEE = ["base", "proto", "net"]
# A vendor's header is seen in one folder (tools/ stand outside the house).
VENDORS = {
    r"boost/asio": ["net"],
    r"boost/beast": ["net"],
    r"sqlite3": ["storage"],
    r"pugixml": ["proto"],
    r"spdlog": ["telemetry"],
    r"prometheus/": ["telemetry"],
    r"sodium": ["auth"],
    r"libav|libsw": ["media/decode"],
    r"yaml-cpp": ["proto", "app"],
    r"CLI/": ["app"],
    r"openssl": ["proto", "net"],
    r"librdkafka|mosquitto": ["events/sinks"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def main() -> int:
    findings, files = [], 0
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in {".h", ".cpp", ".inc"}:
            continue
        files += 1
        folder = path.relative_to(ROOT / "src").parts[0]
        place = path.relative_to(ROOT)
        for quote, target in INCLUDE.findall(path.read_text(encoding="utf-8")):
            first = target.split("/")[0]
            if quote == '"':
                if first in MAY_SEE and first != folder and first not in MAY_SEE[folder]:
                    findings.append(f"{place}: {folder} may not see {target}")
                program = str(place).startswith("src/app/program/") and first == "cli"
                if first not in MAY_SEE and not program and not (path.parent / target).exists():
                    findings.append(f"{place}: {target} is not written from src/")
            elif "_test.cpp" not in path.name:
                for vendor, folders in VENDORS.items():
                    seen_in = any(place.is_relative_to(f"src/{allowed}") for allowed in folders)
                    if re.match(vendor, target) and not seen_in:
                        findings.append(f"{place}: <{target}> belongs to {', '.join(folders)}")
            if re.match(r"boost/beast", target) and path.suffix == ".h":
                findings.append(f"{place}: Beast stays inside net's sources")
        if path.suffix == ".cpp" and len(path.read_text(encoding="utf-8").splitlines()) > 700 and "_test" not in path.name:
            findings.append(f"{place}: more than 700 lines: which second idea moved in?")
    for path in sorted((ROOT / "tools" / "cli").rglob("*")):
        if path.suffix in {".h", ".cpp"}:
            files += 1
            for quote, target in INCLUDE.findall(path.read_text(encoding="utf-8")):
                if quote == '"' and target.split("/")[0] not in [*CLI_MAY_SEE, "cli"]:
                    findings.append(f"{path.relative_to(ROOT)}: the command line may not see {target}")
    print("\n".join(findings) or f"{files} files follow the arrow")
    return 1 if findings or files < 20 else 0


def test_house_includes():
    assert main() == 0


if __name__ == "__main__":
    sys.exit(main())
