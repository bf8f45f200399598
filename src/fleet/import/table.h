#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/import/columns.h"
#include "proto/encoding/encoding.h"

namespace camfleet::fleet {

inline constexpr std::size_t kMostImportBytes = 16 * 1024 * 1024;
inline constexpr std::size_t kMostImportRows = 100'000;

// Something about one row, or about one of its fields. Never shows what stands in the file: a password may
// have slipped into any column.
struct Finding {
  std::string column;  // empty: the row as a whole
  Code code = Code::device_invalid;
  std::string reason;
};

// One device as a file names it.
struct ImportRow {
  std::size_t number = 0;  // of the devices in the file, from 1
  std::size_t line = 0;    // in which it begins, from 1
  NewDevice device;        // what is not given has its default
  Columns given;           // fields that say something, be it "empty" as YAML can
  std::vector<Finding> errors;
  std::vector<Finding> warnings;
};

enum class ImportFormat : std::uint8_t { csv, yaml };

struct ImportTable {
  std::vector<ImportRow> rows;
  ImportFormat format = ImportFormat::csv;
  encoding::Encoding encoding = encoding::Encoding::utf8;
  char separator = ',';  // of a CSV
};

// The devices of a file, with what is wrong with each instead of a stop at the first. import.unreadable where
// it is not a list of devices at all: no or a wrong header, broken YAML, more than 100,000 rows, an unknown
// encoding; nothing of it should be used then. Both wipe what they were given.
//
// CSV: a header row in any order, then a row of at most 8 KiB for each device; ',', ';' or tabs between (the
// one that makes sense of the header); lists with ';' inside; an empty field says nothing; an apostrophe that
// keeps a spreadsheet from taking a field for a formula is taken off, but for passwords.
// YAML: a list of mappings, or {devices: [...]}; within the limits of proto/yaml. `~` says nothing, "" and []
// empty a field.
Result<ImportTable> read_import(std::string bytes, ImportFormat format);
Result<ImportTable> read_csv_table(std::string_view text);
Result<ImportTable> read_yaml_table(std::string_view text);

}  // namespace camfleet::fleet
