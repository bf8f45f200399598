#pragma once
#include "base/secret.h"
#include "events/sinks/http_poster.h"
#include "model/sink.h"

namespace camfleet::events::sinks {

// Publishes through a Dapr sidecar's HTTP API (docs.dapr.io, "Pub/sub API reference"): 204 is the
// acknowledgement, 403 and 404 say that the component or the topic is not for us, 500 that its broker failed.
class Dapr final : public Client {
 public:
  static Result<std::unique_ptr<Client>> make(const model::SinkSpec& spec, Secret token,
                                              const net::AddressGuard& guard);
  Limits limits() const override { return {connections_, 1}; }
  net::Task<> deliver(std::span<Delivery> batch) override;
  net::Task<> stop() override;

 private:
  std::unique_ptr<HttpPoster> poster_;
  Secret token_;
  std::string target_;
  std::size_t connections_ = 1;
  bool payload_ = false;
};

}  // namespace camfleet::events::sinks
