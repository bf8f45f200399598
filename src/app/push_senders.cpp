#include "app/push_senders.h"

#include "base/text.h"
#include "net/address.h"

namespace camfleet::app {
namespace {

constexpr std::chrono::seconds kFresh{5};  // while all is found
constexpr std::chrono::seconds kAgain{1};  // where somebody is not

bool contradicts(const std::string& known, const std::string& said) {
  return !known.empty() && !said.empty() && !iequals(known, said);
}
bool agrees(const std::string& known, const std::string& said) {
  return !known.empty() && !said.empty() && iequals(known, said);
}

}  // namespace

std::optional<model::DeviceId> PushSenders::find(const device::PushSender& sender) {
  auto address = sender.address;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    address = net::asio::ip::make_address_v4(net::asio::ip::v4_mapped, address.to_v6());
  const auto text = address.to_string();
  const std::lock_guard lock{mutex_};
  const auto now = system_clock().steady();
  if (now - made_at_ > kFresh || (!by_address_.contains(text) && now - made_at_ > kAgain)) refresh();
  const auto found = by_address_.find(text);
  if (found == by_address_.end()) return std::nullopt;
  const Known* only = nullptr;
  for (const auto& one : found->second) {
    if (contradicts(one.mac, sender.mac) || contradicts(one.serial, sender.serial)) continue;
    if (agrees(one.mac, sender.mac) || agrees(one.serial, sender.serial)) return one.id;
    if (only != nullptr) return std::nullopt;  // one of several, and it does not say which
    only = &one;
  }
  return only != nullptr ? std::optional{only->id} : std::nullopt;
}

void PushSenders::refresh() {
  made_at_ = system_clock().steady();
  by_address_.clear();
  fleet::DeviceQuery query;
  query.limit = 1000;
  for (;;) {
    const auto page = fleet_.list(query);
    if (!page) return;
    for (const auto& view : page->items) {
      const auto address = net::parse_address(view->spec.address);
      if (!address || !view->spec.enabled) continue;
      by_address_[address->to_string()].push_back(
          {view->spec.id, view->facts ? view->facts->mac : std::string{}, view->known_serial});
    }
    if (!page->next) return;
    query.cursor = *page->next;
  }
}

}  // namespace camfleet::app
