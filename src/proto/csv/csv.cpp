#include "proto/csv/csv.h"

#include <algorithm>

namespace camfleet::csv {

Reader::Reader(std::string_view text, Limits limits) : rest_(text), limits_(limits) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
}

std::unexpected<Error> Reader::broken(std::string_view why) {
  rest_ = {};
  return fail(Code::api_bad_request, "line " + std::to_string(row_line_) + ": " + std::string{why});
}

void Reader::recover() {
  rest_ = row_;
  line_ = row_line_;
  rest_.remove_prefix(std::min(rest_.find_first_of("\r\n"), rest_.size()));
  if (!rest_.empty()) end_of_line();
}

bool Reader::at_end_of_field() const {
  return rest_.empty() || rest_.front() == limits_.separator || rest_.front() == '\r' ||
         rest_.front() == '\n';
}

void Reader::end_of_line() {
  rest_.remove_prefix(rest_.starts_with("\r\n") ? 2 : 1);
  ++line_;
}

// After the opening quote, up to and with the closing one.
Result<std::string> Reader::quoted() {
  std::string out;
  const auto text = rest_.substr(0, limits_.row + 2);
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))) ++line_;
    if (text[i] != '"') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      out += '"';
      ++i;
    } else {
      rest_.remove_prefix(i + 1);
      return out;
    }
  }
  return broken(text.size() == rest_.size() ? "a quote is not closed" : "longer than allowed");
}

std::string Reader::plain() {
  const char ends[] = {limits_.separator, '\r', '\n', '\0'};
  const auto end = std::min(rest_.find_first_of(ends), rest_.size());
  std::string out{rest_.substr(0, end)};
  rest_.remove_prefix(end);
  return out;
}

Result<std::optional<Row>> Reader::next() {
  row_line_ = line_;
  row_ = rest_;
  if (rest_.empty()) return std::optional<Row>{};
  if (++rows_ > limits_.rows) return broken("more than " + std::to_string(limits_.rows) + " rows");
  Row row;
  if (rest_.front() == '\r' || rest_.front() == '\n') {
    end_of_line();
    return std::optional<Row>{std::move(row)};
  }
  const auto whole = rest_.size();
  for (;;) {
    if (row.size() == limits_.fields)
      return broken("more than " + std::to_string(limits_.fields) + " fields");
    if (rest_.starts_with('"')) {
      auto text = quoted();
      if (!text) return fail(text.error());
      row.push_back(std::move(*text));
      if (!at_end_of_field()) return broken("text behind a closing quote");
    } else {
      row.push_back(plain());
      if (row.back().find('"') != std::string::npos)
        return broken("a quote inside a field that does not begin with one");
    }
    if (whole - rest_.size() > limits_.row)
      return broken("longer than " + std::to_string(limits_.row) + " bytes");
    if (rest_.empty()) break;
    if (rest_.front() != limits_.separator) {
      end_of_line();
      break;
    }
    rest_.remove_prefix(1);
  }
  return std::optional<Row>{std::move(row)};
}

std::string field(std::string_view text) {
  // What looks like a byte order mark would be taken for one at the front of a file.
  const bool marked = text.starts_with("\xEF\xBB\xBF");
  if (!marked && text.find_first_of("\",\r\n") == std::string_view::npos) return std::string{text};
  std::string out{'"'};
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

}  // namespace camfleet::csv
