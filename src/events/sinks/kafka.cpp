#include "events/sinks/kafka.h"

#include "events/sinks/cloud_event.h"
#include "events/sinks/kafka_producer.h"

namespace camfleet::events::sinks {
namespace {

using namespace std::chrono_literals;

constexpr auto kReport = 30s;  // for what a batch became

}  // namespace

Result<std::unique_ptr<Client>> Kafka::make(const model::SinkSpec& spec, Secret password,
                                            const net::AddressGuard& guard, net::WorkerPool& closers) {
  std::unique_ptr<Kafka> out{new Kafka{guard, closers}};
  auto options = std::make_shared<Options>();
  options->brokers = spec.text("brokers");
  options->client_id = "camfleet-" + spec.id;
  options->topic = spec.text("topic");
  options->security = spec.text("security");
  options->sasl_mechanism = spec.text("sasl_mechanism");
  options->username = spec.text("username");
  options->password = std::move(password);
  options->ca_file = spec.text("ca_file");
  options->compression = spec.text("compression");
  out->options_ = std::move(options);
  out->payload_ = spec.flag("payload");
  return out;
}

Kafka::~Kafka() { drop_producer(); }

// Its threads take a moment to end: the pool waits for them.
void Kafka::drop_producer() {
  if (!producer_) return;
  producer_->stop();
  closers_.submit([producer = std::move(producer_)]() mutable { producer.reset(); });
  producer_ = nullptr;
}

net::Task<> Kafka::deliver(std::span<Delivery> batch) {
  const net::Executor home = co_await net::asio::this_coro::executor;
  if (producer_ && producer_->over()) drop_producer();
  if (!producer_) {
    auto made = KafkaProducer::make(home, options_, guard_);
    if (!made) {
      for (auto& one : batch) one.outcome = {Verdict::refused, made.error()};
      co_return;
    }
    producer_ = std::move(*made);
  }
  const auto producer = producer_;
  auto pending = std::make_shared<KafkaProducer::Batch>(home);
  pending->outcomes.resize(batch.size(),
                           {Verdict::sink_failed, Error{Code::sink_timeout, "no delivery report"}});
  pending->left = batch.size();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& entry = *batch[i].entry;
    producer->produce({key_of(entry), entry.id(), cloud_event(entry, {payload_, batch[i].replayed})}, pending,
                      i);
  }
  const auto deadline = std::chrono::steady_clock::now() + kReport;
  const bool all = co_await pending->ready.wait(deadline);
  // What it still holds would come after what is delivered next.
  if (!all && producer_ == producer) drop_producer();
  for (std::size_t i = 0; i < batch.size(); ++i) batch[i].outcome = pending->outcomes[i];
}

net::Task<> Kafka::stop() {
  drop_producer();
  co_return;
}

}  // namespace camfleet::events::sinks
