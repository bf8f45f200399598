#pragma once
#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>

#include "api/api.h"
#include "app/backups.h"
#include "app/demo.h"
#include "app/descriptor_lines.h"
#include "app/gateway.h"
#include "app/memory_trim.h"
#include "app/push_senders.h"
#include "app/sink_settings.h"
#include "auth/admin_token.h"
#include "auth/api_tokens.h"
#include "auth/failures.h"
#include "auth/gate.h"
#include "auth/live_tokens.h"
#include "auth/sealed_box.h"
#include "auth/secret_key.h"
#include "device/discovery/service.h"
#include "device/hcnetsdk/driver.h"
#include "device/hikvision/driver.h"
#include "device/rtsp/driver.h"
#include "device/rtsp/transport_memory.h"
#include "events/ledger.h"
#include "events/sinks/desk.h"
#include "fleet/fleet.h"
#include "fleet/proposals.h"
#include "media/hubs.h"
#include "media/outputs/live_outputs.h"
#include "media/outputs/rtsp_server.h"
#include "media/snapshots.h"
#include "net/datagram_pairs.h"
#include "net/http_server.h"
#include "net/loop_groups.h"
#include "net/tls_server.h"
#include "net/worker_pool.h"
#include "storage/data_dir.h"
#include "storage/lesson_file.h"
#include "storage/refusal_file.h"
#include "storage/sqlite/event_archive.h"
#include "storage/sqlite/event_store.h"
#include "storage/sqlite/registry.h"
#include "storage/sqlite/sinks.h"

namespace camfleet::app {

// In the order in which they are made; they end in the other one, after stop() has taken down what runs.
struct Gateway::Parts {
  Parts(storage::DataDir data, auth::SecretKey secret_key, auth::AdminToken token,
        const net::AddressGuard& addresses, std::unique_ptr<net::TlsServer> tls_server,
        std::size_t loop_count)
      : data_dir(std::move(data)),
        key(std::move(secret_key)),
        admin(std::move(token)),
        guard(addresses),
        tls(std::move(tls_server)),
        loops(loop_count),
        api_loops(std::max<std::size_t>(1, loop_count / 4), "api") {}

  storage::DataDir data_dir;
  auth::SecretKey key;
  auth::AdminToken admin;
  net::AddressGuard guard;
  std::unique_ptr<net::TlsServer> tls;  // null: plain text
  net::Loops loops;                     // of the devices and whoever watches them
  net::Loops api_loops;  // of HTTP: what thousands of devices do at once must not hold up who asks about them
  net::WorkerPool registry_thread{1, 100'000, "registry"};
  net::WorkerPool blocking{1, 1'000, "blocking"};
  net::WorkerPool token_thread{1, 100'000, "tokens"};  // beside it: a backup must not hold up viewers
  auth::SealedBox sealed{key};
  auth::FailureLimiter failures;
  std::unique_ptr<auth::ApiTokens> api_tokens;
  std::unique_ptr<auth::LiveTokens> tokens;
  std::optional<auth::Gate> gate;
  std::unique_ptr<storage::SqliteRegistry> registry;
  std::optional<storage::RefusalFile> refusals;
  net::WorkerPool event_readers{2, 256, "events"};
  std::optional<storage::EventFiles> event_files;
  std::optional<storage::SqliteEventStore> event_store;
  std::optional<storage::SqliteEventArchive> event_archive;
  std::optional<events::Ledger> ledger;
  std::optional<storage::LessonFile> lessons;
  std::optional<net::DatagramPairs> device_ports;
  std::optional<net::DatagramPairs> viewer_ports;
  device::TransportMemory carriers;
  std::optional<device::HikvisionDriver> hikvision;
  std::optional<device::RtspDriver> rtsp_driver;
  std::optional<device::hcnetsdk::Hosts> sdk_hosts;
  std::optional<device::HcNetSdkDriver> sdk_driver;
  std::optional<Demo> demo;
  std::optional<Backups> backups;
  std::optional<fleet::Fleet> fleet;
  net::WorkerPool sink_thread{1, 100'000, "sink store"};
  std::unique_ptr<storage::SqliteSinks> sink_store;
  std::optional<net::AddressGuard> sink_guard;
  std::optional<FleetTags> device_tags;
  std::optional<events::sinks::Desk> sinks;
  std::optional<PushSenders> push_senders;
  std::optional<device::PushReceiver> push_receiver;
  std::optional<net::HttpServer> push_server;
  std::optional<DescriptorLines> lines;
  std::optional<fleet::MoveWatch> moves;
  std::optional<device::discovery::Service> discovery;
  net::WorkerPool reviews{1, 1, "reviews"};
  std::optional<net::LoopGroups> key_requests;
  std::optional<media::Hubs> hubs;
  std::optional<media::LiveOutputs> live;
  std::optional<media::Snapshots> snapshots;
  std::optional<media::RtspServer> rtsp_server;
  std::optional<api::Api> api;
  std::optional<net::HttpServer> http_server;
  net::Endpoint http_at;
  net::Endpoint rtsp_at;
  MemoryTrim trim;
  std::atomic<Code> ready{Code::fleet_starting};  // ok: /readyz says so
  bool stopped = false;
};

}  // namespace camfleet::app
