// A file of devices takes any bytes: rows within the limits, or one error; and what was read and is valid is
// exported so that it reads as the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "fleet/import/export.h"
#include "fuzz.h"

using namespace camfleet;
using namespace camfleet::fleet;

namespace {

void same_again(const ImportRow& row, ImportFormat format) {
  const auto& spec = row.device.spec;
  if (spec.id.empty() || spec.address.empty()) return;
  const auto text = export_head(format) + export_device(spec, format) + export_tail(format, true);
  if (text.size() > 8 * 1024) return;  // guards and quotes made it longer than a row may be
  const auto again = read_import(text, format);
  fuzz::require(again.has_value() && again->rows.size() == 1 && again->rows[0].errors.empty());
  const auto& read = again->rows[0].device.spec;
  fuzz::require(read.id == spec.id && read.address == spec.address && read.url == spec.url);
  fuzz::require(read.http_port == spec.http_port && read.enabled == spec.enabled);
  fuzz::require(trim(spec.name).empty() || read.name == spec.name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 256 * 1024) return 0;
  const auto format = (data[0] & 1) != 0 ? ImportFormat::yaml : ImportFormat::csv;
  std::string file{reinterpret_cast<const char*>(data + 1), size - 1};
  const auto table = read_import(std::move(file), format);
  if (!table) {
    fuzz::require(table.error().code == Code::import_unreadable);
    return 0;
  }
  fuzz::require(table->rows.size() <= kMostImportRows);
  std::size_t number = 0;
  for (const auto& row : table->rows) {
    fuzz::require(row.number == ++number && row.line > 0);
    // How long a password may be is the plan's to say; here it is of one row, at most.
    fuzz::require(format == ImportFormat::yaml || row.device.password.reveal().size() <= 8 * 1024);
    if (number < 20 && row.errors.empty()) same_again(row, format);
  }
  return 0;
}
