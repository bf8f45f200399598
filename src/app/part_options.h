#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "api/api.h"
#include "app/settings.h"
#include "base/result.h"
#include "device/discovery/service.h"
#include "device/hcnetsdk/driver.h"
#include "device/hcnetsdk/hosts.h"
#include "device/hikvision/driver.h"
#include "device/rtsp/driver.h"
#include "device/rtsp/transport_memory.h"
#include "fleet/fleet.h"
#include "media/settings.h"
#include "net/address.h"
#include "net/datagram_pairs.h"
#include "net/listener.h"
#include "net/tls_server.h"
#include "storage/sqlite/event_store.h"

// What an operator's settings mean to each part of the gateway. `descriptors`: how many the process may open.
namespace camfleet::app {

std::filesystem::path data_path(const Settings& settings);
// Of one listener; none of one address takes the connections of everybody else.
net::ListenerOptions listener_options(std::size_t descriptors);
device::HikvisionOptions hikvision_options(const Settings& settings);
device::HcNetSdkOptions sdk_device_options(const Settings& settings);
device::hcnetsdk::HostsOptions sdk_options(const Settings& settings);
device::HcNetSdkOptions sdk_driver_options(const Settings& settings);
fleet::FleetOptions fleet_options(const Settings& settings, std::size_t descriptors);
api::TrustedProxies proxies_of(const Settings& settings);
api::StreamOptions stream_options(const Settings& settings);
media::Settings media_settings(const Settings& settings);
// Of a text that was checked when it was given.
net::PortRange range_of(const std::string& text);
device::UdpLimits udp_limits(const Settings& settings, net::DatagramPairs& ports,
                             device::TransportMemory& memory);
storage::EventStoreOptions event_options(const Settings& settings);
device::discovery::ServiceOptions discovery_options(const Settings& settings);
// One address of ours; a name stands for its first address ("localhost"). config.invalid.
Result<net::Endpoint> endpoint_of(const std::string& text);
// The networks in which devices may be; the demo adds its own.
Result<net::AddressGuard> guard_of(const Settings& settings, bool demo);
// Null where no certificate is given. tls.*
Result<std::unique_ptr<net::TlsServer>> tls_of(const Settings& settings);

}  // namespace camfleet::app
