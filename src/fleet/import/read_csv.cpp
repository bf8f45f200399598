#include <algorithm>
#include <array>

#include "base/text.h"
#include "fleet/import/formula.h"
#include "fleet/import/table.h"
#include "proto/csv/csv.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kMostLines = 2 * kMostImportRows;  // empty ones too

std::unexpected<Error> unreadable(std::size_t line, const std::string& why) {
  return fail(Code::import_unreadable, "line " + std::to_string(line) + ": " + why);
}

csv::Limits limits_with(char separator) { return {.rows = kMostLines, .separator = separator}; }

bool empty(const csv::Row& row) {
  return std::ranges::all_of(row, [](const std::string& field) { return trim(field).empty(); });
}

// The row of names, and where the rows behind it begin.
struct Header {
  csv::Row names;
  std::size_t line = 0;
};

Result<Header> header_of(csv::Reader& reader) {
  for (;;) {
    auto row = reader.next();
    if (!row) return fail(Code::import_unreadable, row.error().place);
    if (!*row) return unreadable(1, "wants a header row with the names of the columns");
    if (!empty(**row)) return Header{std::move(**row), reader.line()};
  }
}

// By which of the separators the most names are known; ',' where none is.
char separator_of(std::string_view text) {
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char separator : {',', ';', '\t'}) {
    csv::Reader reader{text, limits_with(separator)};
    const auto header = header_of(reader);
    if (!header) continue;
    const auto known =
        std::ranges::count_if(header->names, [](const auto& name) { return column_of(name).has_value(); });
    if (known > most) {
      most = known;
      best = separator;
    }
  }
  return best;
}

Result<std::vector<Column>> columns_of(const Header& header) {
  std::vector<Column> out;
  Columns seen;
  const auto known =
      std::ranges::count_if(header.names, [](const auto& name) { return column_of(name).has_value(); });
  for (std::size_t i = 0; i < header.names.size(); ++i) {
    const auto column = column_of(header.names[i]);
    if (!column) {
      // Without a header this is the first device, and a name that we show might be its password.
      if (static_cast<std::size_t>(known) * 2 < header.names.size())
        return unreadable(header.line, "wants a header row with the names of the columns");
      return unreadable(header.line, "column " + std::to_string(i + 1) + ": there is no field " +
                                         clean_utf8(trim(header.names[i])).substr(0, 64));
    }
    if (has(seen, *column))
      return unreadable(header.line, "column " + std::to_string(i + 1) + ": " +
                                         std::string{to_text(*column)} + " for the second time");
    put(seen, *column);
    out.push_back(*column);
  }
  if (!has(seen, Column::address) && !has(seen, Column::url) && !has(seen, Column::id))
    return unreadable(header.line, "wants a column address, url or id");
  return out;
}

void read_fields(ImportRow& row, csv::Row& fields, const std::vector<Column>& columns) {
  if (fields.size() > columns.size())
    row.errors.push_back({"", Code::device_invalid,
                          std::to_string(fields.size()) + " fields under " + std::to_string(columns.size()) +
                              " columns: is a field with a separator in quotes?"});
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i < columns.size() && !fields[i].empty() && fields.size() <= columns.size()) {
      const auto column = columns[i];
      const std::string_view text =
          column == Column::password ? std::string_view{fields[i]} : unguarded(fields[i]);
      if (column != Column::password && trim(text).empty()) continue;
      if (auto wrong = set_field(row.device, column, text))
        row.errors.push_back({std::string{to_text(column)}, Code::device_invalid, std::move(*wrong)});
      else
        put(row.given, column);
    }
    wipe(fields[i]);
  }
}

}  // namespace

Result<ImportTable> read_csv_table(std::string_view text) {
  ImportTable table;
  table.separator = separator_of(text);
  csv::Reader reader{text, limits_with(table.separator)};
  const auto header = header_of(reader);
  if (!header) return fail(header.error());
  const auto columns = columns_of(*header);
  if (!columns) return fail(columns.error());

  for (;;) {
    auto fields = reader.next();
    if (fields && !*fields) break;
    if (fields && empty(**fields)) continue;
    if (table.rows.size() == kMostImportRows)
      return unreadable(reader.line(), "more than " + std::to_string(kMostImportRows) + " devices");
    auto& row = table.rows.emplace_back();
    row.number = table.rows.size();
    row.line = reader.line();
    if (fields) {
      read_fields(row, **fields, *columns);
    } else {
      const auto& place = fields.error().place;  // "line 7: why"
      row.errors.push_back(
          {"", Code::device_invalid, place.substr(std::min(place.find(": ") + 2, place.size()))});
      reader.recover();
    }
  }
  return table;
}

}  // namespace camfleet::fleet
