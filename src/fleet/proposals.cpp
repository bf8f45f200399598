#include "fleet/proposals.h"

#include "base/log.h"
#include "base/text.h"
#include "fleet/new_device.h"
#include "net/address.h"

namespace camfleet::fleet {
namespace {

std::string numeric(std::string_view address) {
  const auto parsed = net::parse_address(address);
  return parsed ? net::normalised(*parsed).to_string() : std::string{};
}

bool contradict(const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; }

}  // namespace

std::string normalised_serial(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') out += static_cast<char>(c - 32);
    if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) out += c;
  }
  // "0" and its like are of clones, which all have the same.
  return out.size() < 6 || out.find_first_not_of('0') == std::string::npos ? std::string{} : out;
}

FleetIndex::FleetIndex(const std::vector<model::DeviceViewPtr>& devices) {
  for (const auto& view : devices) add(*view);
}

FleetIndex::FleetIndex(const Fleet& fleet) {
  DeviceQuery query;
  query.limit = 1000;
  for (;;) {
    const auto page = fleet.list(query);
    if (!page) return;
    for (const auto& view : page->items) add(*view);
    if (!page->next) return;
    query.cursor = *page->next;
  }
}

void FleetIndex::add(const model::DeviceView& view) {
  Known known{view.spec.id,
              numeric(view.spec.address),
              view.spec.http_port,
              normalised_serial(view.known_serial),
              {}};
  if (view.facts) known.mac = to_lower(view.facts->mac);
  const auto number = devices_.size();
  ids_.emplace(known.id.str(), number);
  if (!known.serial.empty()) serials_.emplace(known.serial, number);
  if (!known.mac.empty()) macs_.emplace(known.mac, number);
  if (!known.address.empty()) addresses_.emplace(known.address, number);
  devices_.push_back(std::move(known));
}

const FleetIndex::Known* FleetIndex::by_address(const model::Discovered& found) const {
  const auto serial = normalised_serial(found.serial);
  const Known* best = nullptr;
  const auto look = [&](const std::string& address) {
    const auto [begin, end] = addresses_.equal_range(address);
    for (auto it = begin; it != end; ++it) {
      const auto& known = devices_[it->second];
      if (contradict(known.serial, serial) || contradict(known.mac, found.mac)) continue;
      // Several at one address are told apart by their port.
      if (std::distance(begin, end) > 1 && found.http_port && *found.http_port != known.http_port) continue;
      best = &known;
    }
  };
  look(found.address);
  for (const auto& address : found.addresses)
    if (best == nullptr) look(address.address);
  return best;
}

std::string FleetIndex::free_id(const model::Discovered& found) const {
  auto tail = found.mac.size() == 17 ? found.mac.substr(9) : found.address;
  if (tail != found.address) std::erase(tail, ':');
  const auto name = !found.model.empty() ? found.model : !found.name.empty() ? found.name : "camera";
  auto base = slug(slug(name).substr(0, 32) + '-' + tail);
  if (base.empty() || !model::parse_device_id(base)) base = "camera-" + slug(tail);
  auto id = base;
  for (int n = 2; ids_.contains(id); ++n) id = base + '-' + std::to_string(n);
  return id;
}

Proposal FleetIndex::judge(model::DiscoveredPtr found) const {
  Proposal out;
  const Known* known = nullptr;
  if (const auto it = serials_.find(normalised_serial(found->serial)); it != serials_.end())
    known = &devices_[it->second];
  if (const auto it = macs_.find(found->mac); known == nullptr && it != macs_.end())
    known = &devices_[it->second];
  if (known != nullptr) {
    bool there = known->address.empty() || known->address == found->address;
    for (const auto& address : found->addresses) there |= address.address == known->address;
    if (!there) out.moved_from = known->address;
  } else {
    known = by_address(*found);
  }

  if (known != nullptr) {
    out.known = known->id;
    if (out.moved_from) out.reason = Code::discovery_moved;
  } else if (!found->allowed) {
    out.reason = Code::net_forbidden_address;
  } else if (found->activated == false) {
    out.reason = Code::device_not_activated;
  } else {
    model::DeviceSpec spec;
    spec.id = model::DeviceId{free_id(*found)};
    const auto& title = found->model.empty() ? found->name : found->model;
    spec.name = title.empty() ? found->address : title + ' ' + found->address;
    spec.drivers = {found->hikvision ? "hikvision" : "rtsp"};
    spec.address = found->address;
    spec.http_port = found->http_port.value_or(spec.http_port);
    spec.https_port = found->https_port.value_or(spec.https_port);
    spec.sdk_port = found->sdk_port.value_or(spec.sdk_port);
    if (model::validate(spec))
      out.suggest = std::move(spec);
    else
      out.reason = Code::device_invalid;
  }
  out.found = std::move(found);
  return out;
}

void MoveWatch::review(const model::DiscoveredList& list) {
  const FleetIndex index{fleet_};
  const std::lock_guard lock{mutex_};
  for (const auto& found : list) {
    const auto proposal = index.judge(found);
    if (!proposal.known) continue;
    const auto& id = proposal.known->str();
    if (!proposal.moved_from) {
      told_.erase(id);
      continue;
    }
    if (!found->allowed) continue;
    auto& told = told_[id];
    if (told == found->address) continue;
    told = found->address;
    log::warn("discovery.moved", {{"device", id},
                                  {"code", name(Code::discovery_moved)},
                                  {"registered", *proposal.moved_from},
                                  {"heard_at", found->address},
                                  {"source", found->source},
                                  {"serial", found->serial}});
  }
  // Of devices that left the fleet or the list.
  if (told_.size() > list.size()) told_.clear();
}

}  // namespace camfleet::fleet
