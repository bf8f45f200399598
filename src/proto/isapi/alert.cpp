#include "proto/isapi/alert.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "proto/isapi/json.h"
#include "proto/isapi/root.h"

namespace camfleet::isapi {
namespace {

constexpr std::size_t kMaxRegions = 32;
constexpr std::size_t kMaxPoints = 64;
constexpr int kMaxChannel = 4096;
constexpr int kFirstIpChannel = 33;  // of recorders, where channelID counts analogue ones first

AlertState state_of(std::string_view text) {
  if (iequals(text, "active")) return AlertState::active;
  if (iequals(text, "inactive")) return AlertState::inactive;
  return AlertState::unknown;
}

// dynChannelID where it says something, else channelID.
void choose_channel(Alert& alert, const std::string& dynamic, const std::string& fixed, DeviceKind kind) {
  alert.channel_text = dynamic.empty() ? fixed : dynamic;
  auto number = parse_int<int>(alert.channel_text).value_or(0);
  if (dynamic.empty() && kind == DeviceKind::recorder && number >= kFirstIpChannel)
    number -= kFirstIpChannel - 1;
  alert.channel = number > 0 && number <= kMaxChannel ? number : 0;
}

// Cameras say "no video loss on channel 1" each ten seconds; a recorder's channel 5 is no heart-beat but an
// end.
bool is_heartbeat(const Alert& alert) {
  if (alert.kind == "heartbeat") return true;
  if (alert.kind == "other") return iequals(alert.description, "Heartbeat");
  return alert.kind == "videoloss" && alert.state == AlertState::inactive && alert.count.value_or(0) == 0 &&
         alert.channel <= 1;
}

void complete(Alert& alert) {
  alert.kind = canonical_type(alert.type);
  alert.time = parse_time(alert.time_text);
  alert.heartbeat = is_heartbeat(alert);
}

Region region(const xml::Node& node) {
  Region found;
  found.id = node.integer("regionID");
  found.sensitivity = node.integer("sensitivityLevel");
  found.target = node.text("detectionTarget");
  for (const auto& point : node.child("RegionCoordinatesList").children("RegionCoordinates")) {
    if (found.outline.size() == kMaxPoints) break;
    found.outline.push_back({point.integer("positionX"), point.integer("positionY")});
  }
  return found;
}

AccessEvent access_event(const boost::json::object& object) {
  const auto small = [&](std::string_view key) {
    return static_cast<int>(
        std::clamp<std::int64_t>(number(object, key).value_or(0), 0, std::numeric_limits<int>::max()));
  };
  AccessEvent event;
  event.major = small("majorEventType");
  event.minor = small("subEventType");
  event.serial = static_cast<std::uint32_t>(small("serialNo"));
  event.current = flag(object, "currentEvent");
  event.device_name = text(object, "deviceName");
  event.door = small("doorNo");
  return event;
}

Result<Alert> from_json(std::string_view body, DeviceKind kind) {
  const auto object = parse_json(body, "EventNotificationAlert");
  if (!object) return fail(object.error());
  Alert alert;
  alert.type = text(*object, "eventType");
  if (!object->contains("eventType")) return fail(Code::device_unexpected_answer, "no eventType");
  alert.state = state_of(text(*object, "eventState"));
  choose_channel(alert, text(*object, "dynChannelID"), text(*object, "channelID"), kind);
  alert.channel_name = text(*object, "channelName");
  alert.time_text = text(*object, "dateTime");
  alert.count = parse_int<int>(text(*object, "activePostCount"));
  alert.description = text(*object, "eventDescription");
  alert.target = text(*object, "targetType");
  alert.address = text(*object, "ipAddress");
  alert.mac = to_lower(text(*object, "macAddress"));
  alert.serial = text(*object, "serialNumber");
  alert.pictures = parse_int<int>(text(*object, "picturesNumber")).value_or(0);
  alert.retransmission = flag(*object, "isDataRetransmission").value_or(false);
  if (const auto* access = child(*object, "AccessControllerEvent")) alert.access = access_event(*access);
  complete(alert);
  return alert;
}

}  // namespace

std::string canonical_type(std::string_view type) {
  auto kind = to_lower(trim(type));
  // Trigger ids carry their channel: "VMD-1".
  const auto dash = kind.rfind('-');
  if (dash != std::string::npos && dash > 0 && parse_int<unsigned>(std::string_view{kind}.substr(dash + 1))) {
    kind.resize(dash);
  }
  if (kind == "motiondetection" || kind == "vmdhumanvehicle") return "vmd";
  if (kind == "shelteralarm") return "tamperdetection";
  return kind;
}

bool is_pulse(std::string_view kind) {
  constexpr std::string_view kPulses[] = {"linedetection",     "regionentrance",
                                          "regionexiting",     "facesnap",
                                          "facecapture",       "anpr",
                                          "vehicledetection",  "cidevent",
                                          "voicetalkevent",    "accesscontrollerevent",
                                          "videointercomevent"};
  return std::ranges::find(kPulses, kind) != std::end(kPulses);
}

Result<Alert> parse_alert(std::string_view body, DeviceKind kind) {
  if (looks_like_json(body)) return from_json(body, kind);
  const auto document = open_document(body, {"EventNotificationAlert"});
  if (!document) return fail(document.error());
  const auto root = document->root();
  Alert alert;
  alert.type = root.text("eventType");
  alert.state = state_of(root.text("eventState"));
  choose_channel(alert, root.text("dynChannelID"), root.text("channelID"), kind);
  alert.channel_name = root.text("channelName");
  alert.time_text = root.text("dateTime");
  alert.count = root.number("activePostCount");
  alert.description = root.text("eventDescription");
  alert.target = root.text("targetType");
  alert.related = root.text("DurationList/Duration/relationEvent");
  alert.io_port = root.text("dynInputIOPortID");
  if (alert.io_port.empty()) alert.io_port = root.text("inputIOPortID");
  for (const auto& entry : root.child("DetectionRegionList").children("DetectionRegionEntry")) {
    if (alert.regions.size() == kMaxRegions) break;
    alert.regions.push_back(region(entry));
  }
  if (alert.target.empty() && !alert.regions.empty()) alert.target = alert.regions.front().target;
  alert.address = root.text("ipAddress");
  alert.mac = to_lower(root.text("macAddress"));
  alert.serial = root.text("Extensions/serialNumber");
  alert.pictures = std::max(root.integer("detectionPicturesNumber"), root.integer("picturesNumber"));
  alert.retransmission = root.boolean("isDataRetransmission");
  complete(alert);
  return alert;
}

}  // namespace camfleet::isapi
