#include "fleet/import/columns.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "net/address.h"
#include "proto/url/url.h"

namespace camfleet::fleet {
namespace {

using Spec = model::DeviceSpec;

struct Name {
  std::string_view text;
  Column column;
};
// The first name of each column is the API's.
constexpr std::array kNames{
    Name{"id", Column::id},
    Name{"name", Column::name},
    Name{"drivers", Column::drivers},
    Name{"address", Column::address},
    Name{"http_port", Column::http_port},
    Name{"https_port", Column::https_port},
    Name{"rtsp_port", Column::rtsp_port},
    Name{"sdk_port", Column::sdk_port},
    Name{"sdk_login", Column::sdk_login},
    Name{"sdk_tls", Column::sdk_tls},
    Name{"username", Column::username},
    Name{"password", Column::password},
    Name{"url", Column::url},
    Name{"transport", Column::transport},
    Name{"timezone", Column::timezone},
    Name{"tags", Column::tags},
    Name{"enabled", Column::enabled},
    Name{"always_on", Column::always_on},
    Name{"driver", Column::drivers},
    Name{"ip", Column::address},
    Name{"host", Column::address},
    Name{"port", Column::http_port},
    Name{"user", Column::username},
    Name{"tag", Column::tags},
    Name{"编号", Column::id},
    Name{"设备编号", Column::id},
    Name{"名称", Column::name},
    Name{"设备名称", Column::name},
    Name{"驱动", Column::drivers},
    Name{"地址", Column::address},
    Name{"ip地址", Column::address},
    Name{"设备地址", Column::address},
    Name{"端口", Column::http_port},
    Name{"http端口", Column::http_port},
    Name{"https端口", Column::https_port},
    Name{"rtsp端口", Column::rtsp_port},
    Name{"sdk端口", Column::sdk_port},
    Name{"服务端口", Column::sdk_port},
    Name{"用户名", Column::username},
    Name{"用户", Column::username},
    Name{"密码", Column::password},
    Name{"取流地址", Column::url},
    Name{"时区", Column::timezone},
    Name{"标签", Column::tags},
    Name{"分组", Column::tags},
    Name{"启用", Column::enabled},
    Name{"常开", Column::always_on},
};

std::string* text_of(Spec& spec, Column column) {
  switch (column) {
    case Column::name:
      return &spec.name;
    case Column::address:
      return &spec.address;
    case Column::sdk_login:
      return &spec.sdk_login;
    case Column::username:
      return &spec.username;
    case Column::url:
      return &spec.url;
    case Column::transport:
      return &spec.transport;
    case Column::timezone:
      return &spec.timezone;
    default:
      return nullptr;
  }
}
std::uint16_t* port_of(Spec& spec, Column column) {
  switch (column) {
    case Column::http_port:
      return &spec.http_port;
    case Column::https_port:
      return &spec.https_port;
    case Column::rtsp_port:
      return &spec.rtsp_port;
    case Column::sdk_port:
      return &spec.sdk_port;
    default:
      return nullptr;
  }
}
std::vector<std::string>* list_of(Spec& spec, Column column) {
  return column == Column::drivers ? &spec.drivers : column == Column::tags ? &spec.tags : nullptr;
}
bool* truth_of(Spec& spec, Column column) {
  switch (column) {
    case Column::sdk_tls:
      return &spec.sdk_tls;
    case Column::enabled:
      return &spec.enabled;
    case Column::always_on:
      return &spec.always_on;
    default:
      return nullptr;
  }
}
template <class T>
const T* of(T* (*which)(Spec&, Column), const Spec& spec, Column column) {
  return which(const_cast<Spec&>(spec), column);  // the same member, only read
}

std::optional<bool> truth(std::string_view text) {
  const auto word = to_lower(trim(text));
  for (const auto* yes : {"true", "1", "yes", "on", "是", "启用"})
    if (word == yes) return true;
  for (const auto* no : {"false", "0", "no", "off", "否", "停用"})
    if (word == no) return false;
  return std::nullopt;
}

bool printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::optional<std::string> set_address(Spec& spec, std::string_view text) {
  text = trim(text);
  if (text.empty()) {
    spec.address.clear();
    return std::nullopt;
  }
  if (text.find('/') != text.npos) return "wants one address: no network, no URL";
  if (text.find_first_of(" \t") != text.npos) return "wants a host name or an IP address, without blanks";
  const bool v6 = std::ranges::count(text, ':') > 1;
  if (!v6 && text.find(':') != text.npos) return "wants the address alone; the port has its own column";
  if (v6 && !net::parse_address(text)) return "not an IP address";
  if (net::is_odd_spelling(text)) return "not an IP address";
  spec.address = to_lower(text);
  return std::nullopt;
}

// The login leaves the url at once, so that no later step meets it.
std::optional<std::string> set_url(NewDevice& device, std::string_view text) {
  text = trim(text);
  if (text.empty()) {
    device.spec.url.clear();
    return std::nullopt;
  }
  auto parsed = url::parse(text);
  if (!parsed || parsed->url.scheme != "rtsp") return "wants rtsp://host/path";
  device.spec.url = parsed->url.text();
  if (parsed->has_login) {
    if (device.spec.username.empty()) device.spec.username = parsed->user;
    if (device.password.empty()) device.password = std::move(parsed->password);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_text(Column column) { return kNames[static_cast<std::size_t>(column)].text; }

std::optional<Column> column_of(std::string_view header) {
  const auto name = to_lower(trim(header));
  const auto* found = std::ranges::find(kNames, name, &Name::text);
  if (found == kNames.end()) return std::nullopt;
  return found->column;
}

bool is_list(Column column) { return column == Column::drivers || column == Column::tags; }

std::optional<std::string> set_field(NewDevice& device, Column column, std::string_view text) {
  auto& spec = device.spec;
  if (column == Column::password) {
    if (!printable(text)) return "no control characters";
    if (text.size() > 128) return "at most 128 bytes";
    device.password = Secret{std::string{text}};
    return std::nullopt;
  }
  if (!printable(text)) return "no control characters";
  if (column == Column::address) return set_address(spec, text);
  if (column == Column::url) return set_url(device, text);
  if (column == Column::id) {
    auto id = model::parse_device_id(trim(text));
    if (!id) return "wants a-z, 0-9, '.', '_' and '-', at most 64, a letter or digit first";
    spec.id = std::move(*id);
  } else if (auto* port = port_of(spec, column)) {
    const auto number = parse_int<std::uint16_t>(trim(text));
    if (!number || *number == 0) return "wants 1 to 65535";
    *port = *number;
  } else if (auto* flag = truth_of(spec, column)) {
    const auto said = truth(text);
    if (!said) return "wants true or false";
    *flag = *said;
  } else if (list_of(spec, column) != nullptr) {
    return set_list(device, column, split_list(text));
  } else if (auto* to = text_of(spec, column)) {
    if ((column == Column::timezone || column == Column::sdk_login) && text.size() > 64)
      return "at most 64 bytes";
    *to = text;
  }
  return std::nullopt;
}

std::optional<std::string> set_list(NewDevice& device, Column column, std::vector<std::string> items) {
  auto* list = list_of(device.spec, column);
  if (list == nullptr) return "wants one value";
  if (column == Column::drivers && items.empty()) return "wants one to four";
  *list = std::move(items);
  return std::nullopt;
}

void copy_field(Spec& to, const Spec& from, Column column) {
  if (column == Column::id) to.id = from.id;
  if (auto* text = text_of(to, column)) *text = *of(text_of, from, column);
  if (auto* port = port_of(to, column)) *port = *of(port_of, from, column);
  if (auto* list = list_of(to, column)) *list = *of(list_of, from, column);
  if (auto* flag = truth_of(to, column)) *flag = *of(truth_of, from, column);
}

std::string field_text(const Spec& spec, Column column) {
  if (column == Column::id) return spec.id.str();
  if (const auto* text = of(text_of, spec, column)) return *text;
  if (const auto* port = of(port_of, spec, column)) return std::to_string(*port);
  if (const auto* list = of(list_of, spec, column)) return join_list(*list);
  if (const auto* flag = of(truth_of, spec, column)) return *flag ? "true" : "false";
  return {};
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  std::string item;
  std::size_t kept = 0;  // of the item: what an escape protects from trimming
  const auto end = [&] {
    while (item.size() > kept && (item.back() == ' ' || item.back() == '\t')) item.pop_back();
    if (!item.empty()) out.push_back(std::move(item));
    item.clear();
    kept = 0;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ';') {
      end();
    } else if (c == '\\' && i + 1 < text.size() &&
               (text[i + 1] == ';' || text[i + 1] == '\\' || text[i + 1] == ' ')) {
      item += text[++i];
      kept = item.size();
    } else if (!item.empty() || (c != ' ' && c != '\t')) {
      item += c;
    }
  }
  end();
  return out;
}

std::string join_list(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) {
    if (&item != &items.front()) out += ';';
    for (std::size_t i = 0; i < item.size(); ++i) {
      const char c = item[i];
      if (c == ';' || c == '\\' || (c == ' ' && (i == 0 || i + 1 == item.size()))) out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace camfleet::fleet
