#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "events/sinks/client.h"
#include "events/sinks/kafka.h"
#include "net/event.h"

struct rd_kafka_s;
struct rd_kafka_message_s;

namespace camfleet::events::sinks {

// One producer of librdkafka and the thread that serves its reports. produce() from the loop of `home`, where
// what became of a batch is posted to.
class KafkaProducer {
 public:
  struct Batch {
    explicit Batch(net::Executor executor) : ready(executor) {}
    // All on `home`.
    net::Event ready;
    std::vector<Outcome> outcomes;
    std::size_t left = 0;
  };
  using BatchPtr = std::shared_ptr<Batch>;
  struct Message {
    std::string key;
    std::string id;
    std::string body;
  };

  static Result<std::shared_ptr<KafkaProducer>> make(net::Executor home,
                                                     std::shared_ptr<const Kafka::Options> options,
                                                     const net::AddressGuard& guard);
  ~KafkaProducer();  // waits for the thread, and for the library's
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  // As batch->outcomes[index], when it is known.
  void produce(const Message& message, const BatchPtr& batch, std::size_t index);
  // No further batch; what is on its way ends badly.
  void stop() { stopping_ = true; }
  bool over() const { return stopping_; }

 private:
  struct Place {
    BatchPtr batch;
    std::size_t index;
  };
  struct Callbacks;
  KafkaProducer(net::Executor home, std::shared_ptr<const Kafka::Options> options,
                const net::AddressGuard& guard)
      : home_(home), options_(std::move(options)), guard_(guard) {}
  Result<void> start();
  void run();
  void report(const rd_kafka_message_s& message);
  void failed(int code, const char* why);
  void finish(const Place& place, Outcome outcome) const;

  net::Executor home_;
  std::shared_ptr<const Kafka::Options> options_;
  const net::AddressGuard& guard_;
  rd_kafka_s* producer_ = nullptr;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::unordered_set<Place*> places_;  // of what is on its way; guarded by mutex_
  // Of the thread alone.
  Outcome why_{Verdict::sink_failed, Error{Code::sink_unreachable, "stopped"}};
  SteadyTime away_since_{};
  std::atomic<bool> forbidden_{false};
  std::thread thread_;
};

}  // namespace camfleet::events::sinks
