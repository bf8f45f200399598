#include "sim/ptz_site.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"
#include "proto/isapi/write.h"
#include "proto/xml/document.h"
#include "proto/xml/writer.h"
#include "sim/replies.h"

namespace camfleet::sim {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kRoot = "/ISAPI/PTZCtrl/channels";
constexpr int kMostPresets = 300;

xml::Writer begin(const Device& device, std::string_view root) {
  const auto dialect = device.dialect();
  xml::Writer out{dialect.newline};
  out.declaration();
  out.open(root, {{"version", dialect.version}, {"xmlns", dialect.xml_namespace}});
  return out;
}

net::HttpResponse channels(const Device& device) {
  auto out = begin(device, "PTZChannelList");
  for (int channel = 1; channel <= device.identity().channels; ++channel) {
    if (!device.has_ptz(channel)) continue;
    out.open("PTZChannel");
    out.element("id", channel);
    out.element("enabled", true);
    out.element("videoInputID", channel);
    out.close();
  }
  out.close();
  return document(out.take());
}

void range(xml::Writer& out, std::string_view name, std::string_view axis, int least, int most) {
  out.open(name);
  out.open(axis);
  out.element("Min", least);
  out.element("Max", most);
  out.close();
  out.close();
}

net::HttpResponse capabilities(const Device& device) {
  auto out = begin(device, "PTZChanelCap");  // spelled so
  out.open("AbsolutePanTiltPositionSpace");
  range(out, "XRange", "XRange", 0, 3600);
  range(out, "YRange", "YRange", 0, PtzHead::kMostElevation);
  out.close();
  for (const auto* name : {"ContinuousPanTiltSpace", "ContinuousZoomSpace"}) {
    out.open(name);
    range(out, "XRange", "XRange", -100, 100);
    out.close();
  }
  out.element("maxPresetNum", kMostPresets);
  out.close();
  return document(out.take());
}

net::HttpResponse status(const Device& device, const PtzPosition& at) {
  auto out = begin(device, "PTZStatus");
  out.open("AbsoluteHigh");
  out.element("elevation", at.elevation);
  out.element("azimuth", at.azimuth);
  out.element("absoluteZoom", at.zoom);
  out.close();
  out.close();
  return document(out.take());
}

net::HttpResponse presets(const Device& device, const PtzHead& head) {
  auto out = begin(device, "PTZPresetList");
  for (const auto& [id, preset] : head.presets()) {
    out.open("PTZPreset");
    out.element("enabled", true);
    out.element("id", id);
    out.element("presetName", preset.name);
    out.close();
  }
  out.close();
  return document(out.take());
}

// What a PUT says to the motors; false: the body is not what is wanted.
bool command(PtzHead& head, std::string_view verb, std::string_view body, SteadyTime now) {
  const auto parsed = xml::parse(body);
  if (!parsed || parsed->root().name() != "PTZData") return false;
  const auto data = parsed->root();
  if (iequals(verb, "absolute")) {
    const auto to = data.child("AbsoluteHigh");
    auto position = head.at(now);
    if (!to) return false;
    position.azimuth = to.integer("azimuth", position.azimuth);
    position.elevation = to.integer("elevation", position.elevation);
    position.zoom = to.integer("absoluteZoom", position.zoom);
    head.jump(position, now);
    return true;
  }
  const PtzHead::Speed speed{data.integer("pan", 0), data.integer("tilt", 0), data.integer("zoom", 0)};
  if (iequals(verb, "continuous")) {
    head.move(speed, now);
    return true;
  }
  const auto duration = data.number("Momentary/duration");
  if (!duration || *duration < 0) return false;
  head.move(speed, now, now + milliseconds{std::min(*duration, 3'600'000)});
  return true;
}

net::HttpResponse at_presets(Device& device, PtzHead& head, std::string_view rest, std::string_view method,
                             std::string_view path, std::string_view body) {
  const auto now = device.clock().steady();
  if (rest.empty())
    return method == "GET" ? presets(device, head) : refusal(device, isapi::status_method_not_allowed(path));
  const auto id = parse_int<int>(take_until(rest, '/')).value_or(0);
  if (method != "PUT" || id < 1 || id > kMostPresets)
    return refusal(device, isapi::status_not_supported(path), 403);
  if (iequals(rest, "goto"))
    return head.go_to_preset(id, now) ? refusal(device, isapi::status_ok(path), 200)
                                      : refusal(device, isapi::status_not_supported(path), 403);
  const auto parsed = xml::parse(body);
  if (!rest.empty() || !parsed) return refusal(device, isapi::status_bad_xml(path));
  head.set_preset(id, parsed->root().text("presetName").substr(0, 64), now);
  return refusal(device, isapi::status_ok(path), 200);
}

}  // namespace

std::optional<net::HttpResponse> answer_ptz(const net::HttpExchange& exchange, Device& device) {
  std::string_view rest = exchange.path();
  if (!istarts_with(rest, kRoot)) return std::nullopt;
  const auto& path = exchange.path();
  const auto& request = exchange.request();
  rest.remove_prefix(kRoot.size());
  if (!device.has_ptz()) return refusal(device, isapi::status_not_supported(path), 403);
  if (rest.empty() && request.method == "GET") return channels(device);
  if (!rest.starts_with('/')) return refusal(device, isapi::status_not_supported(path), 403);
  rest.remove_prefix(1);
  const auto channel = parse_int<int>(take_until(rest, '/')).value_or(0);
  if (channel < 1 || channel > device.identity().channels)
    return refusal(device, isapi::status_not_supported(path), 403);
  // Whether or not something turns behind it: a recorder answers for all of its channels.
  PtzHead& head = device.ptz(static_cast<std::uint16_t>(channel));
  const auto verb = take_until(rest, '/');
  const auto now = device.clock().steady();
  if (iequals(verb, "presets")) return at_presets(device, head, rest, request.method, path, request.body);
  if (request.method == "GET") {
    if (iequals(verb, "status")) return status(device, head.at(now));
    if (iequals(verb, "capabilities")) return capabilities(device);
  }
  if (request.method != "PUT") return refusal(device, isapi::status_not_supported(path), 403);
  if (iequals(verb, "homeposition")) {
    if (iequals(rest, "goto")) head.jump({}, now);
    return refusal(device, isapi::status_ok(path), 200);
  }
  if (!iequals(verb, "continuous") && !iequals(verb, "momentary") && !iequals(verb, "absolute"))
    return refusal(device, isapi::status_not_supported(path), 403);
  add(device.counters().ptz_commands);
  if (!command(head, verb, request.body, now)) return refusal(device, isapi::status_bad_xml(path));
  return refusal(device, isapi::status_ok(path), 200);
}

}  // namespace camfleet::sim
