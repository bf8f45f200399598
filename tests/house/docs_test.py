#!/usr/bin/python3
"""Every relative link of every Markdown file leads somewhere, and every make target of the README exists."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    findings, links = [], 0
    listed = subprocess.run(["git", "ls-files", "-z", "*.md"], cwd=ROOT, capture_output=True, check=False).stdout
    pages = [ROOT / name for name in listed.decode().split("\0") if name] or list(ROOT.glob("*.md"))
    for page in pages:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            links += 1
            if not (page.parent / target).exists():
                findings.append(f"{page.relative_to(ROOT)}: {target} does not exist")
        # A test that a page names is there: written from src/, or from the root.
        for name in re.findall(r"`([a-z0-9_/]+_(?:test|fuzz)\.cpp|tests/[a-z0-9_/]+\.py)`", text):
            links += 1
            if not (ROOT / name).exists() and not (ROOT / "src" / name).exists():
                findings.append(f"{page.relative_to(ROOT)}: there is no {name}")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for name in re.findall(r"`make ([a-z]+)`", (ROOT / "README.md").read_text(encoding="utf-8")):
        if name not in targets:
            findings.append(f"README.md: there is no `make {name}`")
    print("\n".join(findings) or f"{links} links lead somewhere")
    return 1 if findings else 0


def test_house_docs():
    assert main() == 0


if __name__ == "__main__":
    sys.exit(main())
