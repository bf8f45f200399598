#include "fleet/csv_fleet.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "proto/csv/csv.h"

namespace camfleet::fleet {
namespace {

// Puts one field into a device; false where the text is not of its kind.
using Set = bool (*)(NewDevice& device, const std::string& text);

template <std::string model::DeviceSpec::*Member>
bool text_field(NewDevice& device, const std::string& text) {
  device.spec.*Member = text;
  return true;
}
template <std::uint16_t model::DeviceSpec::*Member>
bool port_field(NewDevice& device, const std::string& text) {
  const auto port = parse_int<std::uint16_t>(trim(text));
  if (port) device.spec.*Member = *port;
  return port.has_value();
}
template <bool model::DeviceSpec::*Member>
bool truth_field(NewDevice& device, const std::string& text) {
  const auto word = to_lower(trim(text));
  const bool yes = word == "true" || word == "1" || word == "yes";
  device.spec.*Member = yes;
  return yes || word == "false" || word == "0" || word == "no";
}
template <std::vector<std::string> model::DeviceSpec::*Member>
bool list_field(NewDevice& device, const std::string& text) {
  auto& list = device.spec.*Member;
  list.clear();
  std::string_view rest = text;
  while (!rest.empty())
    if (const auto item = trim(take_until(rest, ';')); !item.empty()) list.emplace_back(item);
  return true;
}
bool id_field(NewDevice& device, const std::string& text) {
  device.spec.id = model::DeviceId{text};
  return true;
}
bool password_field(NewDevice& device, const std::string& text) {
  device.password = Secret{text};
  return true;
}

struct Column {
  std::string_view name;
  Set set;
};
constexpr std::array kColumns{
    Column{"id", id_field},
    Column{"name", text_field<&model::DeviceSpec::name>},
    Column{"driver", list_field<&model::DeviceSpec::drivers>},
    Column{"drivers", list_field<&model::DeviceSpec::drivers>},
    Column{"address", text_field<&model::DeviceSpec::address>},
    Column{"http_port", port_field<&model::DeviceSpec::http_port>},
    Column{"https_port", port_field<&model::DeviceSpec::https_port>},
    Column{"rtsp_port", port_field<&model::DeviceSpec::rtsp_port>},
    Column{"sdk_port", port_field<&model::DeviceSpec::sdk_port>},
    Column{"sdk_login", text_field<&model::DeviceSpec::sdk_login>},
    Column{"username", text_field<&model::DeviceSpec::username>},
    Column{"password", password_field},
    Column{"url", text_field<&model::DeviceSpec::url>},
    Column{"transport", text_field<&model::DeviceSpec::transport>},
    Column{"timezone", text_field<&model::DeviceSpec::timezone>},
    Column{"tags", list_field<&model::DeviceSpec::tags>},
    Column{"enabled", truth_field<&model::DeviceSpec::enabled>},
    Column{"always_on", truth_field<&model::DeviceSpec::always_on>},
};

std::unexpected<Error> bad(std::size_t line, std::string_view what) {
  return fail(Code::api_bad_request, "line " + std::to_string(line) + ": " + std::string{what});
}

Result<std::vector<const Column*>> read_header(const csv::Row& row, std::size_t line) {
  std::vector<const Column*> out;
  bool place = false;
  for (const auto& field : row) {
    const auto name = to_lower(trim(field));
    const auto* column = std::ranges::find(kColumns, name, &Column::name);
    if (column == kColumns.end()) return bad(line, "unknown column: " + clean_utf8(name).substr(0, 64));
    const bool drivers = column->name.starts_with("driver");
    for (const auto* before : out)
      if (before == column || (drivers && before->name.starts_with("driver")))
        return bad(line, "column twice: " + name);
    place = place || name == "address" || name == "url";
    out.push_back(column);
  }
  if (!place) return bad(line, "wants a column address or url");
  return out;
}

}  // namespace

Result<std::vector<NewDevice>> read_csv_fleet(std::string_view text) {
  csv::Reader reader{text};
  std::vector<const Column*> columns;
  std::vector<NewDevice> out;
  for (;;) {
    auto row = reader.next();
    if (!row) return fail(row.error());
    if (!*row) break;
    if ((*row)->empty()) continue;
    if (columns.empty()) {
      auto header = read_header(**row, reader.line());
      if (!header) return fail(header.error());
      columns = std::move(*header);
      continue;
    }
    if ((*row)->size() > columns.size()) return bad(reader.line(), "more fields than columns");
    NewDevice device;
    for (std::size_t i = 0; i < (*row)->size(); ++i) {
      auto& field = (**row)[i];
      if (!field.empty() && !columns[i]->set(device, field))
        return bad(reader.line(), std::string{columns[i]->name} + ": not a value of its kind");
      if (columns[i]->name == "password") wipe(field);
    }
    out.push_back(std::move(device));
  }
  if (columns.empty()) return bad(1, "wants a header row");
  return out;
}

}  // namespace camfleet::fleet
