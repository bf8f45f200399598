#include "app/allowed_networks.h"

#include "base/log.h"
#include "proto/url/url.h"

namespace camfleet::app {
namespace {

// The address of the device is a literal one, and allowed. A name is asked for when it is resolved.
bool is_inside(const model::DeviceSpec& spec, const net::AddressGuard& guard) {
  std::string host = spec.address;
  if (!spec.url.empty())
    if (const auto parsed = url::parse(spec.url)) host = parsed->url.host;
  const auto address = net::parse_address(host);
  constexpr std::uint16_t kAnyPort = 1;
  return address && guard.check(net::Endpoint{*address, kAnyPort}).has_value();
}

}  // namespace

void end_outside(fleet::Fleet& fleet, const net::AddressGuard& guard) {
  fleet::DeviceQuery query;
  query.limit = 1000;
  std::size_t ended = 0;
  for (;;) {
    const auto page = fleet.list(query);
    if (!page) break;
    for (const auto& view : page->items) {
      if (is_inside(view->spec, guard)) continue;
      if (fleet.reconnect(view->spec.id)) ++ended;
    }
    if (!page->next) break;
    query.cursor = *page->next;
  }
  log::info("gateway.networks_changed", {{"sessions_made_anew", ended}});
}

}  // namespace camfleet::app
