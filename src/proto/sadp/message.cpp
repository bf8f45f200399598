#include "proto/sadp/message.h"

#include <functional>

#include "base/text.h"
#include "proto/xml/document.h"
#include "proto/xml/writer.h"

namespace camfleet::sadp {
namespace {

// The text of an element below the root.
using Lookup = std::function<std::string(std::string_view)>;

// Where the XML is broken: what stands between <name> and the next '<'.
std::string search(std::string_view text, std::string_view name) {
  const auto tag = '<' + std::string{name} + '>';
  const auto begin = text.find(tag);
  if (begin == std::string_view::npos) return {};
  const auto value = text.substr(begin + tag.size());
  const auto end = value.find('<');
  if (end == std::string_view::npos) return {};
  auto out = clean_utf8(trim(value.substr(0, end)));
  std::erase_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return out;
}

std::optional<bool> flag_of(std::string_view text) {
  if (iequals(text, "true") || text == "1") return true;
  if (iequals(text, "false") || iequals(text, "flase") || text == "0") return false;
  return std::nullopt;
}

Device device_of(const Lookup& lookup) {
  const auto text = [&](std::string_view name) {
    auto value = lookup(name);
    if (value.size() > kMaxField) value.clear();
    return value;
  };
  const auto number = [&](std::string_view name) -> std::optional<std::uint16_t> {
    return parse_int<std::uint16_t>(text(name));
  };
  const auto port = [&](std::string_view name) -> std::optional<std::uint16_t> {
    const auto value = number(name);
    return value && *value != 0 ? value : std::nullopt;
  };
  Device out;
  out.type = text("DeviceType");
  out.model = text("DeviceDescription");
  out.serial = text("DeviceSN");
  out.mac = text("MAC");
  out.ipv4 = text("IPv4Address");
  out.ipv4_mask = text("IPv4SubnetMask");
  out.ipv4_gateway = text("IPv4Gateway");
  out.ipv6 = text("IPv6Address");
  out.http_port = port("HttpPort");
  out.command_port = port("CommandPort");
  out.sdk_over_tls_port = port("SDKOverTLSPort");
  out.analog_channels = number("AnalogChannelNum");
  out.digital_channels = number("DigitalChannelNum");
  out.firmware = text("SoftwareVersion");
  out.encoder = text("DSPVersion");
  out.booted = text("BootTime");
  out.dhcp = flag_of(text("DHCP"));
  out.activated = flag_of(text("Activated"));
  return out;
}

Result<Message> read(std::string_view root, const Lookup& lookup) {
  Message message;
  message.uuid = lookup("Uuid");
  message.types = lookup("Types");
  if (message.uuid.size() > kMaxField) message.uuid.clear();
  if (message.types.size() > kMaxField) message.types.clear();
  if (iequals(root, "Probe")) {
    if (!istarts_with(message.types, "inquiry"))
      return fail(Code::device_unexpected_answer, "no inquiry of SADP");
    message.kind = Kind::inquiry;
    return message;
  }
  if (iequals(root, "ProbeMatch")) {
    // Other answers (to activate, update, ...) come to other tools.
    if (!message.types.empty() && !istarts_with(message.types, "inquiry") && !iequals(message.types, "hello"))
      return fail(Code::device_unexpected_answer, "no answer to an inquiry");
    message.kind = iequals(message.types, "hello") ? Kind::hello : Kind::match;
  } else if (iequals(root, "Hello")) {
    message.kind = Kind::hello;
  } else {
    return fail(Code::device_unexpected_answer, "no message of SADP");
  }
  message.device = device_of(lookup);
  return message;
}

}  // namespace

Result<Message> parse(std::string_view datagram) {
  const auto document = xml::parse(datagram);
  if (document) {
    const auto root = document->root();
    return read(root.name(), [&](std::string_view name) { return root.text(name); });
  }
  if (document.error().code != Code::xml_invalid) return fail(document.error());
  for (const std::string_view root : {"ProbeMatch", "Probematch", "Hello", "Probe"})
    if (datagram.find('<' + std::string{root} + '>') != std::string_view::npos)
      return read(root, [&](std::string_view name) { return search(datagram, name); });
  return fail(document.error());
}

std::string write_inquiry(std::string_view uuid, std::string_view types) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe><Uuid>" + xml::escape(uuid) + "</Uuid><Types>" +
         xml::escape(types) + "</Types></Probe>";
}

std::string write_device(const Message& message) {
  const auto& device = message.device;
  xml::Writer out{"\r\n"};
  const auto number = [&](std::string_view name, const std::optional<std::uint16_t>& value) {
    if (value) out.element(name, *value);
  };
  const auto flag = [&](std::string_view name, const std::optional<bool>& value) {
    if (value) out.element(name, *value);
  };
  out.declaration();
  out.open(message.kind == Kind::hello ? "Hello" : "ProbeMatch");
  out.optional("Uuid", message.uuid);
  out.optional("Types", message.types);
  out.optional("DeviceType", device.type);
  out.optional("DeviceDescription", device.model);
  out.optional("DeviceSN", device.serial);
  number("CommandPort", device.command_port);
  number("HttpPort", device.http_port);
  out.optional("MAC", device.mac);
  out.optional("IPv4Address", device.ipv4);
  out.optional("IPv4SubnetMask", device.ipv4_mask);
  out.optional("IPv4Gateway", device.ipv4_gateway);
  out.optional("IPv6Address", device.ipv6);
  flag("DHCP", device.dhcp);
  number("AnalogChannelNum", device.analog_channels);
  number("DigitalChannelNum", device.digital_channels);
  out.optional("SoftwareVersion", device.firmware);
  out.optional("DSPVersion", device.encoder);
  out.optional("BootTime", device.booted);
  flag("Activated", device.activated);
  number("SDKOverTLSPort", device.sdk_over_tls_port);
  out.close();
  return out.take();
}

}  // namespace camfleet::sadp
