// The CSV reader takes any bytes: rows within its limits or one error; and a row written again reads as the
// same row.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "proto/csv/csv.h"

namespace {

using camfleet::csv::Reader;
using camfleet::csv::Row;

void same_again(const Row& row) {
  std::string text;
  for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "," : "") + camfleet::csv::field(row[i]);
  text += "\n";
  if (text.size() > 8 * 1024) return;             // quoting made it longer than a row may be
  if (row.size() == 1 && row[0].empty()) return;  // an empty line is a row of no fields
  Reader again{text};
  const auto read = again.next();
  if (!read || !*read || **read != row) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  Reader reader{text};
  std::size_t rows = 0;
  for (;;) {
    const auto row = reader.next();
    if (!row || !*row) break;
    if (++rows > size + 1) std::abort();
    same_again(**row);
  }
  const auto after = reader.next();  // at its end, whatever came before
  if (after && *after) std::abort();
  return 0;
}
