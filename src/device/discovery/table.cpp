#include "device/discovery/table.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::device::discovery {
namespace {

constexpr std::size_t kMaxAddresses = 8;

bool contradict(const std::string& a, const std::string& b) { return !a.empty() && !b.empty() && a != b; }
bool may_be_one(const model::Discovered& a, const model::Discovered& b) {
  return !contradict(a.mac, b.mac) && !contradict(a.serial, b.serial);
}

// Of a text that a device chose, what can stand in a path.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : to_lower(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-')
      out += c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
    if (out.size() == 80) break;
  }
  return out;
}

std::string key_of(const model::Discovered& what) {
  if (!what.mac.empty()) {
    auto digits = what.mac;
    std::erase(digits, ':');
    return "mac-" + digits;
  }
  if (!what.serial.empty()) return "sn-" + plain(what.serial);
  if (!what.epr.empty()) return "epr-" + plain(what.epr);
  return "ip-" + plain(what.address);
}

template <class T>
void take(T& to, const T& from) {
  if (from != T{}) to = from;
}

// What was heard last counts; what it leaves out stays.
void fold(model::Discovered& to, const model::Discovered& from) {
  // WS-Discovery may name several cards; the one that SADP answered for stays, where it is among them.
  const bool still_there = std::ranges::find(from.addresses, to.address,
                                             &model::DiscoveredAddress::address) != from.addresses.end();
  if (from.sadp || !to.sadp || !still_there) {
    to.address = from.address;
    to.allowed = from.allowed;
    take(to.http_port, from.http_port);
    take(to.https_port, from.https_port);
  }
  to.wsd |= from.wsd;
  to.sadp |= from.sadp;
  to.hikvision |= from.hikvision;
  take(to.sdk_port, from.sdk_port);
  take(to.name, from.name);
  if (from.sadp || !to.sadp) take(to.model, from.model);
  take(to.serial, from.serial);
  take(to.location, from.location);
  take(to.firmware, from.firmware);
  take(to.epr, from.epr);
  take(to.mac, from.mac);
  take(to.types, from.types);
  take(to.activated, from.activated);
  take(to.dhcp, from.dhcp);
  take(to.channels, from.channels);
  take(to.source, from.source);
  take(to.interface, from.interface);
  for (const auto& address : from.addresses) {
    std::erase_if(to.addresses, [&](const auto& old) {
      return old.address == address.address && old.port == address.port && old.secure == address.secure;
    });
    to.addresses.insert(to.addresses.begin(), address);
  }
  if (to.addresses.size() > kMaxAddresses) to.addresses.resize(kMaxAddresses);
}

// But for what every datagram changes.
bool looks_the_same(model::Discovered a, model::Discovered b) {
  a.last_seen = b.last_seen;
  a.sightings = b.sightings;
  a.source = b.source;
  a.interface = b.interface;
  const auto place = [](const model::DiscoveredAddress& each) {
    return std::tie(each.address, each.port, each.secure);
  };
  std::ranges::sort(a.addresses, {}, place);
  std::ranges::sort(b.addresses, {}, place);
  return a == b;
}

}  // namespace

Table::Number Table::by_address(const model::Discovered& what) const {
  const auto begin = addresses_.lower_bound({what.address, 0});
  if (begin == addresses_.end() || begin->first != what.address) return 0;
  const auto after = std::next(begin);
  if (after != addresses_.end() && after->first == what.address) return 0;
  const auto& there = *entries_.at(begin->second).device;
  if (!may_be_one(there, what) || contradict(there.epr, what.epr)) return 0;
  // Two answers of one protocol with different names are two devices, whatever address they say.
  if (what.sadp && there.sadp) return 0;
  return begin->second;
}

Table::Number Table::find(const model::Discovered& what) const {
  const auto look = [&](const auto& index, const std::string& name) -> Number {
    if (name.empty()) return 0;
    const auto found = index.find(name);
    if (found == index.end()) return 0;
    return may_be_one(*entries_.at(found->second).device, what) ? found->second : 0;
  };
  if (const auto found = look(macs_, what.mac)) return found;
  if (const auto found = look(serials_, what.serial)) return found;
  if (const auto found = look(eprs_, what.epr)) return found;
  return by_address(what);
}

void Table::index(Number number, const Entry& entry) {
  const auto& device = *entry.device;
  if (!device.mac.empty()) macs_.try_emplace(device.mac, number);
  if (!device.serial.empty()) serials_.try_emplace(device.serial, number);
  if (!device.epr.empty()) eprs_.try_emplace(device.epr, number);
  addresses_.emplace(device.address, number);
  ages_.emplace(entry.confirmed, entry.last, number);
}

void Table::unindex(Number number, const Entry& entry) {
  const auto drop = [&](auto& index, const std::string& name) {
    const auto found = index.find(name);
    if (found != index.end() && found->second == number) index.erase(found);
  };
  const auto& device = *entry.device;
  drop(macs_, device.mac);
  drop(serials_, device.serial);
  drop(eprs_, device.epr);
  addresses_.erase({device.address, number});
  ages_.erase({entry.confirmed, entry.last, number});
}

void Table::erase(Number number) {
  const auto found = entries_.find(number);
  unindex(number, found->second);
  keys_.erase(found->second.device->key);
  entries_.erase(found);
}

Table::Number Table::add(const model::Discovered& what, SteadyTime now) {
  if (entries_.size() >= limits_.devices) {
    ++evicted_;
    erase(std::get<Number>(*ages_.begin()));
  }
  auto fresh = std::make_shared<model::Discovered>();
  const auto wanted = key_of(what);
  fresh->key = wanted;
  if (keys_.contains(fresh->key)) fresh->key = wanted + '.' + std::to_string(next_);
  keys_.insert(fresh->key);
  const auto number = next_++;
  Entry entry{std::move(fresh), now, now, false};
  index(number, entry);
  entries_.emplace(number, std::move(entry));
  return number;
}

// A device that was first heard by each protocol alone, and then says what joins the two.
void Table::absorb_twin(Number number, model::Discovered& into) {
  const auto twin_in = [&](const auto& index, const std::string& name) -> Number {
    const auto found = name.empty() ? index.end() : index.find(name);
    return found == index.end() || found->second == number ? 0 : found->second;
  };
  for (const auto twin : {twin_in(eprs_, into.epr), twin_in(serials_, into.serial)}) {
    if (twin == 0 || !entries_.contains(twin)) continue;
    const auto other = entries_.at(twin).device;
    if (!may_be_one(*other, into) || contradict(other->epr, into.epr)) continue;
    auto joined = *other;
    fold(joined, into);
    joined.key = into.key;
    joined.first_seen = std::min(other->first_seen, into.first_seen);
    joined.sightings = other->sightings + into.sightings;
    joined.last_seen = into.last_seen;
    joined.gone = into.gone;
    into = std::move(joined);
    erase(twin);
  }
}

bool Table::see(Sighting sighting, SteadyTime now, WallTime wall) {
  auto number = find(sighting.what);
  // Of a device that we never heard of, a goodbye is no news.
  if (number == 0 && sighting.bye) return false;
  const bool fresh = number == 0;
  if (fresh) number = add(sighting.what, now);
  auto& entry = entries_.at(number);
  auto updated = *entry.device;
  if (sighting.bye) {
    updated.gone = true;
  } else {
    fold(updated, sighting.what);
    updated.gone = false;
  }
  if (fresh) updated.first_seen = wall;
  updated.last_seen = wall;
  ++updated.sightings;
  const bool changed = fresh || !looks_the_same(updated, *entry.device);

  unindex(number, entry);
  absorb_twin(number, updated);
  entry.last = now;
  if (now - entry.first >= limits_.confirmed_after) entry.confirmed = true;
  entry.device = std::make_shared<const model::Discovered>(std::move(updated));
  index(number, entry);
  return changed;
}

bool Table::expire(SteadyTime now) {
  const auto before = entries_.size();
  for (const bool confirmed : {false, true}) {
    for (;;) {
      const auto oldest = ages_.lower_bound({confirmed, SteadyTime::min(), 0});
      if (oldest == ages_.end() || std::get<bool>(*oldest) != confirmed ||
          now - std::get<SteadyTime>(*oldest) < limits_.forget_after)
        break;
      erase(std::get<Number>(*oldest));
    }
  }
  return entries_.size() != before;
}

bool Table::is_shared(const std::string& address) const {
  auto found = addresses_.lower_bound({address, 0});
  if (found == addresses_.end() || found->first != address) return false;
  ++found;
  return found != addresses_.end() && found->first == address;
}

model::DiscoveredList Table::list() const {
  model::DiscoveredList out;
  out.reserve(entries_.size());
  for (const auto& [number, entry] : entries_) {
    if (!is_shared(entry.device->address)) {
      out.push_back(entry.device);
      continue;
    }
    auto copy = *entry.device;
    copy.address_shared = true;
    out.push_back(std::make_shared<const model::Discovered>(std::move(copy)));
  }
  std::ranges::sort(out, {},
                    [](const model::DiscoveredPtr& device) -> const std::string& { return device->key; });
  return out;
}

}  // namespace camfleet::device::discovery
