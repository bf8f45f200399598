#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace camfleet::cli {

// Makes a text from a device or a caller fit for a terminal and for one line: control characters (C0, DEL,
// C1), line separators, characters that turn the direction of writing or cannot be seen become `\x1b` or
// `\u202e`; broken UTF-8 becomes U+FFFD. What is left moves no cursor.
std::string for_terminal(std::string_view text);

// The same characters as \uXXXX inside a JSON document, where they can stand in strings only: the document
// means the same and moves no cursor either.
std::string json_for_terminal(std::string_view document);

// Columns that a sanitised UTF-8 text takes: 2 for wide characters (CJK, kana, hangul, emoji), 0 for
// combining marks. Does not ask the locale.
std::size_t width_of(std::string_view text);

// At most `columns` columns, with a '…' where something was left out.
std::string cut_to(std::string_view text, std::size_t columns);

}  // namespace camfleet::cli
