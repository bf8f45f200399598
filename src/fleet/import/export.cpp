#include "fleet/import/export.h"

#include <cstdint>

#include "base/text.h"
#include "fleet/import/formula.h"
#include "proto/csv/csv.h"

namespace camfleet::fleet {
namespace {

// In double quotes, as YAML and JSON both read it.
std::string in_quotes(std::string_view raw) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string out{'"'};
  for (const char c : clean_utf8(raw)) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out += '"';
}

bool plain(Column column) {
  switch (column) {
    case Column::http_port:
    case Column::https_port:
    case Column::rtsp_port:
    case Column::sdk_port:
    case Column::sdk_tls:
    case Column::enabled:
    case Column::always_on:
      return true;
    default:
      return false;
  }
}

template <class F>
void each_column(F&& f) {
  for (std::size_t i = 0; i < kColumns; ++i)
    if (const auto column = static_cast<Column>(i); column != Column::password) f(column);
}

}  // namespace

std::string export_head(ImportFormat format) {
  if (format == ImportFormat::yaml) return "devices:";
  std::string out;
  each_column([&](Column column) { out.append(out.empty() ? "" : ",").append(to_text(column)); });
  return out + "\r\n";
}

std::string export_device(const model::DeviceSpec& spec, ImportFormat format) {
  std::string out;
  if (format == ImportFormat::csv) {
    each_column([&](Column column) {
      if (column != Column::id) out += ',';
      out += csv::field(guarded(clean_utf8(field_text(spec, column))));
    });
    return out + "\r\n";
  }
  each_column([&](Column column) {
    out.append(column == Column::id ? "\n- " : "\n  ").append(to_text(column)).append(": ");
    if (plain(column)) {
      out += field_text(spec, column);
    } else if (is_list(column)) {
      const auto& items = column == Column::tags ? spec.tags : spec.drivers;
      out += '[';
      for (const auto& item : items) out.append(&item == &items.front() ? "" : ", ").append(in_quotes(item));
      out += ']';
    } else {
      out += in_quotes(field_text(spec, column));
    }
  });
  return out;
}

std::string export_tail(ImportFormat format, bool any) {
  if (format == ImportFormat::csv) return {};
  return any ? "\n" : " []\n";
}

}  // namespace camfleet::fleet
