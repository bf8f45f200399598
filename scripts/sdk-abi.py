#!/usr/bin/python3
"""Writes tools/sdkhost/abi_asserts.cpp from tools/sdkhost/abi_layout.json; with --check it only compares."""
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tools" / "sdkhost"


def text():
    layout = json.loads((FOLDER / "abi_layout.json").read_text())
    lines = [
        "// Made by scripts/sdk-abi.py from abi_layout.json: the sizes and offsets of the vendor's library.",
        "// clang-format off",
        '#include "sdkhost/abi.h"',
        "",
        "#include <cstddef>",
        "",
        "namespace camfleet::sdkhost::abi {",
        "namespace {",
        "template <class Whole, class Member>",
        "constexpr std::size_t size_of(Member Whole::*) {",
        "  return sizeof(Member);",
        "}",
        "}  // namespace",
    ]
    for struct in layout["structs"]:
        ours = struct["ours"]
        lines += ["", f"// {struct['vendor']}", f"static_assert(sizeof({ours}) == {struct['size']});"]
        for offset, size, member, vendor in struct["members"]:
            lines.append(f"static_assert(offsetof({ours}, {member}) == {offset} && size_of(&{ours}::{member}) == {size}, \"{vendor}\");")
    return "\n".join(lines + ["", "}  // namespace camfleet::sdkhost::abi", ""])


def main():
    made = FOLDER / "abi_asserts.cpp"
    if sys.argv[1:] == ["--check"]:
        if made.read_text() != text():
            sys.exit(f"{made.name} is not what scripts/sdk-abi.py makes of abi_layout.json")
    else:
        made.write_text(text())


main()
