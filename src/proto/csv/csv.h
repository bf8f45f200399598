#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace camfleet::csv {

// RFC 4180 with what spreadsheets make of it: CRLF, LF or CR ends a row, a byte order mark is skipped, quotes
// hold commas, line ends and doubled quotes. Text in, rows out.
struct Limits {
  std::size_t row = 8 * 1024;  // bytes of a row as written
  std::size_t rows = 100'000;
  std::size_t fields = 256;  // of one row
  char separator = ',';      // some countries' spreadsheets write ';' or a tab
};

using Row = std::vector<std::string>;

// Reads the rows of one text, which outlives it. An empty line is a row of no fields.
class Reader {
 public:
  explicit Reader(std::string_view text, Limits limits = {});

  // nullopt: the end. api.bad_request with the line and the rule that was broken; the reader is then at its
  // end, where recover() does not take it further.
  Result<std::optional<Row>> next();
  // After an error of next(): goes on behind the line in which the broken row began, so that a quote which
  // nobody closed costs one row and not all that follow.
  void recover();
  // Where the last row began, counted from 1 as an editor counts.
  std::size_t line() const { return row_line_; }

 private:
  Result<std::string> quoted();
  std::string plain();
  std::unexpected<Error> broken(std::string_view why);
  void end_of_line();
  bool at_end_of_field() const;

  std::string_view rest_;
  std::string_view row_;  // the text from the last row on
  Limits limits_;
  std::size_t rows_ = 0;
  std::size_t line_ = 1;
  std::size_t row_line_ = 0;
};

// One field as it stands in a row: in quotes where it needs them.
std::string field(std::string_view text);

}  // namespace camfleet::csv
