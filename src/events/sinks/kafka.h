#pragma once
#include <memory>
#include <string>

#include "base/secret.h"
#include "events/sinks/client.h"
#include "model/sink.h"
#include "net/address.h"
#include "net/worker_pool.h"

namespace camfleet::events::sinks {

class KafkaProducer;

// Produces entries with librdkafka: acks=all, idempotent, no timeout of its own, so that the client drops
// nothing; the key is the device, headers are content-type and event-id. A delivery report that says
// "persisted" is the acknowledgement. A producer that failed for good, or whose brokers stay away, is thrown
// away, and the next delivery makes another: what was on its way then comes twice, with the same id.
class Kafka final : public Client {
 public:
  // `closers` waits for the threads of producers that are thrown away; it and the guard outlive this.
  static Result<std::unique_ptr<Client>> make(const model::SinkSpec& spec, Secret password,
                                              const net::AddressGuard& guard, net::WorkerPool& closers);
  ~Kafka() override;
  Limits limits() const override { return {4, 250}; }
  net::Task<> deliver(std::span<Delivery> batch) override;
  net::Task<> stop() override;

  struct Options {
    std::string brokers;
    std::string client_id;
    std::string topic;
    std::string security;
    std::string sasl_mechanism;
    std::string username;
    Secret password;
    std::string ca_file;
    std::string compression;
  };

 private:
  Kafka(const net::AddressGuard& guard, net::WorkerPool& closers) : guard_(guard), closers_(closers) {}
  void drop_producer();

  const net::AddressGuard& guard_;
  net::WorkerPool& closers_;
  std::shared_ptr<const Options> options_;
  bool payload_ = false;
  std::shared_ptr<KafkaProducer> producer_;
};

}  // namespace camfleet::events::sinks
