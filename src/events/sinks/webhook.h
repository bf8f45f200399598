#pragma once
#include "base/secret.h"
#include "events/sinks/http_poster.h"
#include "model/sink.h"

namespace camfleet::events::sinks {

// Posts entries as CloudEvents, one or a batch a request; 2xx is the acknowledgement. With a key each request
// is signed: X-Camfleet-Signature is "v1=" and the HMAC-SHA256 of "TIMESTAMP.BODY" in hexadecimal digits,
// X-Camfleet-Timestamp the seconds since 1970. Idempotency-Key is the entry's id.
class Webhook final : public Client {
 public:
  // tls.*
  static Result<std::unique_ptr<Client>> make(const model::SinkSpec& spec, Secret key, Secret token,
                                              const net::AddressGuard& guard);
  Limits limits() const override { return {connections_, batch_}; }
  net::Task<> deliver(std::span<Delivery> batch) override;
  net::Task<> stop() override;

 private:
  net::Task<Outcome> post(std::string body, std::string_view type, std::string id);

  std::unique_ptr<HttpPoster> poster_;
  Secret key_;
  Secret token_;
  std::size_t connections_ = 1;
  std::size_t batch_ = 1;
  bool payload_ = false;
};

}  // namespace camfleet::events::sinks
