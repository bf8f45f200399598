#!/usr/bin/python3
"""docs/bad-inputs.md: rows 1 to 100 are there, each once, and every test that the page names exists. Nobody uses XPath."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "bad-inputs.md"


def tests_of_the_house():
    """-> names as the page writes them: Suite.test, file.py::test, name_fuzz."""
    names = set()
    for path in [*(ROOT / "src").rglob("*_test.cpp"), *(ROOT / "tools").rglob("*_test.cpp")]:
        text = path.read_text(encoding="utf-8")
        names |= {f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", text, re.M)}
    for path in [*(ROOT / "tests" / "e2e").glob("test_*.py"), *(ROOT / "tests" / "house").glob("*_test.py")]:
        names |= {f"{path.name}::{name}" for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.M)}
    return names | {path.stem for path in (ROOT / "tests" / "fuzz").glob("*_fuzz.cpp")}


def findings_of(page, known):
    findings, rows = [], {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not line.startswith("| ") or cells[0] in ("row", "what"):
            continue
        named = re.findall(r"`([A-Za-z_]\w*\.[a-z_]\w*|\w+\.py::\w+|\w+_fuzz)`", cells[-1])
        findings += [f"there is no test {name}" for name in named if name not in known]
        if re.fullmatch(r"\d+", cells[0]) and int(cells[0]) <= 100:
            number = int(cells[0])
            if number in rows:
                findings.append(f"row {number} is there twice")
            rows[number] = line
            if not named and "cannot be" not in line:
                findings.append(f"row {number} names no test, nor why it cannot be")
    return findings + [f"row {number} is missing" for number in range(1, 101) if number not in rows]


def test_rows_and_tests():
    findings = findings_of(PAGE.read_text(encoding="utf-8"), tests_of_the_house())
    assert not findings, "\n".join(findings)


def test_it_would_notice():
    known = tests_of_the_house()
    page = PAGE.read_text(encoding="utf-8")
    assert "row 12 is missing" in findings_of(re.sub(r"^\| 12 \|.*\n", "", page, flags=re.M), known)
    assert "there is no test Nobody.wrote_this" in findings_of(page + "| 12 | a | b | `Nobody.wrote_this` |\n", known)
    assert "row 12 is there twice" in findings_of(page + "| 12 | a | b | `rtp_packet_fuzz` |\n", known)


def test_no_xpath():
    for path in (ROOT / "src").rglob("*.cpp"):
        assert "xpath" not in path.read_text(encoding="utf-8").lower(), path


if __name__ == "__main__":
    failed = 0
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            try:
                test()
            except AssertionError as error:
                failed = 1
                print(f"{name}: {error}")
    print("the table of bad inputs is whole" if not failed else "the table of bad inputs is not whole")
    sys.exit(failed)
