#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "api/assets.h"
#include "api/backup.h"
#include "api/forwarded.h"
#include "api/idempotency.h"
#include "api/router.h"
#include "api/stream_feed.h"
#include "auth/api_tokens.h"
#include "auth/failures.h"
#include "auth/gate.h"
#include "auth/live_tokens.h"
#include "fleet/fleet.h"
#include "fleet/import/importer.h"
#include "media/hubs.h"
#include "media/outputs/live_outputs.h"
#include "media/snapshots.h"
#include "model/discovery.h"
#include "model/event_book.h"
#include "model/sink.h"
#include "net/http_server.h"
#include "net/worker_pool.h"

namespace camfleet::api {

// What the API is plugged into; all of it outlives the API.
struct ApiParts {
  fleet::Fleet& fleet;
  media::Hubs& hubs;
  media::LiveOutputs& live;
  media::Snapshots& snapshots;
  const auth::Gate& gate;  // decides; the two below are what its routes change
  auth::ApiTokens& api_tokens;
  auth::LiveTokens& tokens;
  auth::FailureLimiter& failures;
  net::WorkerPool& blocking;      // for what syncs to disk
  net::WorkerPool& token_thread;  // the same, for live tokens
  Assets assets;
  std::uint16_t rtsp_port = 8554;  // for the addresses that a live token comes with
  bool tls = false;                // that port speaks rtsps
  // "https://cameras.example:8443" and "rtsps://...": what those addresses begin with. Empty: as the caller
  // reached us; a public_url alone names the host of both.
  std::string public_url = {};
  std::string public_rtsp = {};
  bool flv_codec_12 = false;    // H.265 in FLV is written under codec id 12 where nobody asks otherwise
  std::function<Code()> ready;  // for /readyz: ok, or why not: fleet.starting, fleet.stopping; empty: ok
  std::function<net::Task<Result<Backup>>()> backup;
  model::Discovery* discovery = nullptr;               // null: there is none
  model::Sinks* sinks = nullptr;                       // null: there are none
  model::EventBook* events = nullptr;                  // null: nobody keeps events
  const model::SinkAccounts* sink_accounts = nullptr;  // null: there are no sinks
  net::Loops* loops = nullptr;                         // those of the HTTP server; null: the devices'
  StreamOptions stream = {};
  TrustedProxies proxies = {};  // whose X-Forwarded-For is believed
};

// The HTTP side of the gateway: decides who may, finds the route, turns values into JSON and errors into
// problems. It translates and decides nothing else. Thread-safe: requests of all loops come through one
// object.
class Api {
 public:
  explicit Api(ApiParts parts);
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;

  // The handler for net::HttpServer; `this` outlives the server.
  net::Task<> handle(net::HttpExchange& exchange);
  // The answer that the server gives where bytes never became a request.
  static net::HttpResponse on_bad_request(int status, const Error& error);
  // Bodies are taken by the routes that want one, and only so large.
  static std::size_t body_limit(const net::HttpRequest& head, const http::Target& target);
  // The same, and little for one who shows no token that counts: nobody fills memory without a right.
  std::size_t body_allowed(const net::HttpRequest& head, const http::Target& target) const;

  // Ends the answers that would last for ever, each with a word of why, in bounded time. From a thread that
  // is no loop's, before the server stops.
  void stop() { feed_.stop_and_wait(std::chrono::seconds{2}); }

  const Router& router() const { return router_; }

 private:
  Result<void> admit(const Route& route, Call& call) const;
  net::Task<Result<>> run(const Route& route, Call& call);
  void add_system();
  void add_backup();
  void add_tokens();
  void add_imports();
  void add_devices();
  void add_changes();
  void add_bulk();
  void add_lists();
  void add_stream();
  void add_live();
  void add_pictures();
  void add_ptz();
  void add_isapi();
  void add_discovery();
  void add_sinks();
  void add_events();

  // nullopt: go on, under the key that the request came with, if any. Else: the answer that it had before.
  Result<std::optional<net::HttpResponse>> seen_before(Call& call);

  ApiParts parts_;
  fleet::Importer importer_;
  StreamFeed feed_;
  Router router_;
  Idempotency idempotency_;
};

// Any answer, counted, and kept for who sends the same Idempotency-Key again.
net::Task<Result<>> answer(Call& call, net::HttpResponse response);
// A JSON answer with the headers that every answer has.
net::Task<Result<>> answer_json(Call& call, int status, std::string body, std::string_view etag = {});

}  // namespace camfleet::api
