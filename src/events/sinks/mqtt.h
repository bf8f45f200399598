#pragma once
#include <memory>
#include <string>

#include "base/secret.h"
#include "events/sinks/client.h"
#include "model/sink.h"
#include "net/address.h"
#include "net/worker_pool.h"

namespace camfleet::events::sinks {

class MqttLink;

// Publishes with QoS 1 over MQTT 3.1.1 or 5, each entry acknowledged by its PUBACK with a reason below 0x80
// (MQTT 5.0 section 3.4.2.1). The connection has a thread of its own (libmosquitto's own loop uses select(),
// which a process with thousands of descriptors cannot); a connection that broke is made anew by the next
// delivery. The ledger is the store: sessions at the broker are clean.
class Mqtt final : public Client {
 public:
  // `closers` waits for the threads of connections that ended; it and the guard outlive this.
  static Result<std::unique_ptr<Client>> make(const model::SinkSpec& spec, Secret password,
                                              const net::AddressGuard& guard, net::WorkerPool& closers);
  ~Mqtt() override;
  Limits limits() const override { return {in_flight_, 1}; }
  net::Task<> deliver(std::span<Delivery> batch) override;
  net::Task<> stop() override;

  struct Options {
    std::string host;
    std::uint16_t port = 1883;
    bool tls = false;
    std::string ca_file;
    std::string client_id;
    std::string username;
    Secret password;
    int version = 5;
  };

 private:
  Mqtt(const net::AddressGuard& guard, net::WorkerPool& closers) : guard_(guard), closers_(closers) {}
  net::Task<Result<std::shared_ptr<MqttLink>>> link(Deadline deadline);
  void drop_link();

  const net::AddressGuard& guard_;
  net::WorkerPool& closers_;
  std::shared_ptr<const Options> options_;
  std::string topic_;
  std::size_t in_flight_ = 1;
  bool payload_ = false;
  std::shared_ptr<MqttLink> link_;
};

}  // namespace camfleet::events::sinks
