#include "proto/wsd/message.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "proto/xml/document.h"

namespace camfleet::wsd {
namespace {

constexpr std::array<std::string_view, 6> kNames{"Hello",        "Bye",     "Probe",
                                                 "ProbeMatches", "Resolve", "ResolveMatches"};

std::string bounded(std::string text) { return text.size() <= kMaxWord ? std::move(text) : std::string{}; }

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  constexpr std::string_view kBlank = " \t\r\n";
  while (out.size() < kMaxWords) {
    const auto begin = text.find_first_not_of(kBlank);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const auto word = text.substr(0, text.find_first_of(kBlank));
    if (word.size() <= kMaxWord) out.emplace_back(word);
    text.remove_prefix(word.size());
  }
  return out;
}

Target target_of(const xml::Node& node) {
  Target out;
  out.epr = normalised_epr(bounded(node.text("EndpointReference/Address")));
  out.types = words_of(node.text("Types"));
  for (auto& type : out.types) type = xml::local_name(type);
  std::erase_if(out.types, [](const std::string& type) { return type.empty(); });
  out.scopes = words_of(node.text("Scopes"));
  out.xaddrs = words_of(node.text("XAddrs"));
  out.metadata_version = node.integer<std::uint32_t>("MetadataVersion");
  return out;
}

void write_target(std::string& out, const Target& target, Kind kind) {
  const auto list = [&](std::string_view name, const std::vector<std::string>& words) {
    if (words.empty()) return;
    out += fmt::format("<d:{0}>{1}</d:{0}>", name, xml::escape(fmt::format("{}", fmt::join(words, " "))));
  };
  if (kind != Kind::probe) {
    const bool bare = target.epr.find(':') == std::string::npos;
    out += fmt::format("<a:EndpointReference><a:Address>{}{}</a:Address></a:EndpointReference>",
                       bare ? "urn:uuid:" : "", xml::escape(target.epr));
  }
  if (kind == Kind::bye || kind == Kind::resolve) return;
  auto types = target.types;
  for (auto& type : types) type.insert(0, type == "Device" ? "tds:" : "dn:");
  list("Types", types);
  list("Scopes", target.scopes);
  if (kind == Kind::probe) return;
  list("XAddrs", target.xaddrs);
  out += fmt::format("<d:MetadataVersion>{}</d:MetadataVersion>", target.metadata_version);
}

}  // namespace

std::string_view name(Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::string normalised_epr(std::string_view text) {
  text = trim(text);
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view prefix : {"urn:", "uuid:"}) {
      if (!istarts_with(text, prefix)) continue;
      text = trim(text.substr(prefix.size()));
      again = true;
    }
  }
  return text.find(':') == std::string_view::npos ? to_lower(text) : std::string{text};
}

Result<Message> parse(std::string_view datagram) {
  const auto document = xml::parse(datagram);
  if (!document) return fail(document.error());
  const auto envelope = document->root();
  if (envelope.name() != "Envelope") return fail(Code::device_unexpected_answer, "no SOAP envelope");
  Message message;
  message.message_id = bounded(envelope.text("Header/MessageID"));
  message.relates_to = bounded(envelope.text("Header/RelatesTo"));
  for (const auto& content : envelope.child("Body").children()) {
    std::size_t kind = 0;
    while (kind < kNames.size() && kNames[kind] != content.name()) ++kind;
    if (kind == kNames.size()) continue;
    message.kind = static_cast<Kind>(kind);
    if (message.kind == Kind::probe_matches || message.kind == Kind::resolve_matches) {
      const auto items =
          content.children(message.kind == Kind::probe_matches ? "ProbeMatch" : "ResolveMatch");
      for (const auto& item : items)
        if (message.targets.size() < kMaxTargets) message.targets.push_back(target_of(item));
    } else {
      message.targets.push_back(target_of(content));
    }
    return message;
  }
  return fail(Code::device_unexpected_answer, "no message of WS-Discovery");
}

std::string write(const Message& message) {
  const auto kind = message.kind;
  const bool matches = kind == Kind::probe_matches || kind == Kind::resolve_matches;
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
      " xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
      " xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\""
      " xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\""
      " xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\"><s:Header>";
  out += fmt::format("<a:MessageID>{}</a:MessageID>", xml::escape(message.message_id));
  if (matches) {
    out += fmt::format("<a:RelatesTo>{}</a:RelatesTo>", xml::escape(message.relates_to));
    out += "<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>";
  } else {
    out += "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>";
  }
  out += fmt::format(
      "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/{0}</a:Action></s:Header>"
      "<s:Body><d:{0}>",
      name(kind));
  for (const auto& target : message.targets) {
    if (matches) out += kind == Kind::probe_matches ? "<d:ProbeMatch>" : "<d:ResolveMatch>";
    write_target(out, target, kind);
    if (matches) out += kind == Kind::probe_matches ? "</d:ProbeMatch>" : "</d:ResolveMatch>";
  }
  out += fmt::format("</d:{}></s:Body></s:Envelope>", name(kind));
  return out;
}

}  // namespace camfleet::wsd
