#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "events/sinks/client.h"
#include "events/sinks/mqtt.h"
#include "net/descriptor.h"
#include "net/event.h"

struct mosquitto;

namespace camfleet::events::sinks {

// One connection to a broker and its thread, from the connect to its end. publish() from any thread; what
// became of it is posted to `home`.
class MqttLink {
 public:
  struct Message {
    explicit Message(net::Executor executor) : ready(executor) {}
    std::string topic;
    std::string body;
    net::Event ready;  // and outcome: on `home` alone
    Outcome outcome;
    bool done = false;
  };
  using MessagePtr = std::shared_ptr<Message>;

  // `address`: numeric, or the name that the certificate has to name.
  MqttLink(net::Executor home, std::shared_ptr<const Mqtt::Options> options, std::string address);
  ~MqttLink();  // waits for the thread
  MqttLink(const MqttLink&) = delete;
  MqttLink& operator=(const MqttLink&) = delete;

  void publish(MessagePtr message);
  // Ends the connection, soon.
  void stop();
  bool over() const { return over_; }

 private:
  struct Callbacks;
  void run();
  Outcome connect();
  Outcome serve();
  int turn(bool& woken);
  void publish_waiting();
  void finish(const MessagePtr& message, Outcome outcome) const;
  void finish_all(const Outcome& outcome);

  net::Executor home_;
  std::shared_ptr<const Mqtt::Options> options_;
  std::string address_;
  net::Descriptor wake_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> over_{false};
  std::mutex mutex_;
  std::deque<MessagePtr> waiting_;  // guarded by mutex_
  // Of the thread alone.
  ::mosquitto* client_ = nullptr;
  std::map<int, MessagePtr> sent_;
  bool connected_ = false;
  Outcome refused_;  // by CONNACK or DISCONNECT
  std::thread thread_;
};

}  // namespace camfleet::events::sinks
