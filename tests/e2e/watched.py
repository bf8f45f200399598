"""The programs under test, watched by a tool that finds what they do wrong with memory and threads. CAMFLEET_WATCH names it:

  address    CAMFLEET_BIN was built with AddressSanitizer, LeakSanitizer and UBSan (build/check)
  thread     it was built with ThreadSanitizer (build/thread)
  valgrind   it is the release; hosts of the vendor's library run under memcheck, and with CAMFLEET_WATCH_GATEWAY=1 the gateway too

A gateway starts the host that stands beside itself, and hands it no environment. So a copy of the gateway stands in a folder of its
own, beside a script in the host's place that says what the tool needs. What a tool finds it writes into files, which conftest.py
looks at behind each test: one report fails it, whatever process it is of and whatever became of that.
"""
import os
import pathlib
import re
import shutil

import harness

TOOL = os.environ.get("CAMFLEET_WATCH", "")
# Then pictures are not to be decoded: what libavcodec loads has instructions that memcheck does not know.
GATEWAY_TOO = TOOL == "valgrind" and os.environ.get("CAMFLEET_WATCH_GATEWAY", "") == "1"
SUPPRESSIONS = harness.ROOT / "tests" / "tsan.supp"
_SUMMARY = re.compile(r"ERROR SUMMARY: (\d+) errors")
# What memcheck says while a process runs: one that is killed comes to no summary.
_WRONG = re.compile(r"^==\d+== (?:Invalid|Conditional jump|Use of uninit|Syscall param|Mismatched|Source and dest|Argument|Jump to)", re.M)
_reports = None


def _options():
    """-> {variable: options} for programs of a sanitizer."""
    symbols = shutil.which("llvm-symbolizer-19") or shutil.which("llvm-symbolizer") or ""
    common = f"log_path={_reports / 'report'}:log_exe_name=1:external_symbolizer_path={symbols}"
    return {"address": {"ASAN_OPTIONS": f"{common}:detect_leaks=1:detect_stack_use_after_return=1",
                        "UBSAN_OPTIONS": f"{common}:print_stacktrace=1"},
            "thread": {"TSAN_OPTIONS": f"{common}:suppressions={SUPPRESSIONS}:second_deadlock_stack=1:history_size=4"}}.get(TOOL, {})


def prepare(folder):
    """Puts watched programs into harness.BIN; does nothing where no tool is named."""
    global _reports
    if not TOOL:
        return
    assert TOOL in ("address", "thread", "valgrind"), f"CAMFLEET_WATCH={TOOL}"
    _reports = folder / "reports"
    _reports.mkdir()
    programs = folder / "bin"
    programs.mkdir()
    if TOOL == "valgrind":
        start = (f"exec {shutil.which('valgrind')} --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite "
                 f"--error-exitcode=99 --num-callers=30 '--log-file={_reports}/report.valgrind.%p'")
    else:
        os.environ.update(_options())
        start = "exec env " + " ".join(f"'{name}={value}'" for name, value in _options().items())

    def script(name, program):
        (programs / name).write_text(f'#!/bin/sh\n{start} "{program}" "$@"\n', encoding="utf-8")
        (programs / name).chmod(0o755)

    script("camfleet-sdkhost", harness.HOST_BIN / "camfleet-sdkhost")
    if GATEWAY_TOO:
        shutil.copy2(harness.BIN / "camfleet", programs / "gateway")
        script("camfleet", programs / "gateway")
    else:
        shutil.copy2(harness.BIN / "camfleet", programs)
    harness.BIN = programs


def _wrong(text):
    """Whether a file is of something wrong: a sanitizer writes none else, memcheck always writes."""
    if TOOL != "valgrind":
        return bool(text)
    summary = _SUMMARY.search(text)
    return summary[1] != "0" if summary else bool(_WRONG.search(text))


def take():
    """-> what was found since the last call: the texts of reports."""
    if _reports is None:
        return []
    texts = []
    for file in sorted(_reports.iterdir()):
        text = file.read_text(encoding="utf-8", errors="replace")
        file.unlink()
        if _wrong(text):
            texts.append(f"{file.name}:\n{text}")
    return texts


def of_leaks(text):
    """Whether a report tells of memory that was lost, and of nothing else."""
    if TOOL == "valgrind":
        return "are definitely lost" in text and not _WRONG.search(text)
    return "ERROR: LeakSanitizer" in text and "ERROR: AddressSanitizer" not in text and "runtime error" not in text


def looked_at(pid):
    """Whether memcheck has come to the end of this process."""
    file = _reports / f"report.valgrind.{pid}"
    return file.exists() and _SUMMARY.search(file.read_text(encoding="utf-8", errors="replace")) is not None
