#pragma once
// An Api with an empty fleet behind it, for tests.
#include <memory>

#include "api/api.h"
#include "auth/sealed_box.h"
#include "fleet/testing/fakes.h"

namespace camfleet::api::testing {

struct Parts {
  Parts() { loops.start(); }
  ~Parts() {
    snapshots.stop_and_wait();
    hubs.stop_and_wait();
    live.stop_and_wait();
    fleet.stop_and_wait();
    loops.stop();
  }

  net::Loops loops{1};
  net::WorkerPool blocking{1, 10, "test"};
  fleet::testing::FakeStore store;
  auth::SecretKey key = auth::SecretKey::from_bytes({});
  auth::SealedBox sealed{key};
  net::AddressGuard guard;
  fleet::Fleet fleet{fleet::FleetParts{.loops = loops,
                                       .store = store,
                                       .secrets = sealed,
                                       .guard = guard,
                                       .drivers = {},
                                       .on_event = {},
                                       .on_login = {}}};
  std::unique_ptr<auth::LiveTokens> tokens = *auth::LiveTokens::open(key, {});
  auth::AdminToken admin = *auth::AdminToken::given(Secret{"0123456789abcdef0123"});
  std::unique_ptr<auth::ApiTokens> api_tokens = *auth::ApiTokens::open(key, {});
  auth::Gate gate{admin, *api_tokens, *tokens, &fleet};
  auth::FailureLimiter failures;
  media::Hubs hubs{fleet, loops};
  media::LiveOutputs live{loops, hubs, gate};
  media::Snapshots snapshots{loops, hubs, [this](model::StreamKey stream, Deadline deadline) {
                               return fleet.snapshot(std::move(stream), deadline);
                             }};
  Api api{ApiParts{.fleet = fleet,
                   .hubs = hubs,
                   .live = live,
                   .snapshots = snapshots,
                   .gate = gate,
                   .api_tokens = *api_tokens,
                   .tokens = *tokens,
                   .failures = failures,
                   .blocking = blocking,
                   .token_thread = blocking,
                   .assets = {},
                   .ready = {}}};
};

}  // namespace camfleet::api::testing
