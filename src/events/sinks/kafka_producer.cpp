#include "events/sinks/kafka_producer.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "events/sinks/cloud_event.h"

namespace camfleet::events::sinks {
namespace {

using namespace std::chrono_literals;

constexpr auto kAway = 5s;  // all brokers, then the producer is given up

Outcome outcome(Verdict verdict, Code code, std::string place) {
  return {verdict, Error{code, std::move(place)}};
}

// What a report or an error of the library means.
Outcome of_error(rd_kafka_resp_err_t code) {
  std::string place{::rd_kafka_err2name(code)};
  switch (code) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return {Verdict::delivered, {}};
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
      return outcome(Verdict::rejected, Code::sink_rejected, place);
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return outcome(Verdict::refused, Code::sink_refused, place);
    default:
      return outcome(Verdict::sink_failed, Code::sink_unreachable, place);
  }
}

}  // namespace

struct KafkaProducer::Callbacks {
  static KafkaProducer& of(void* opaque) { return *static_cast<KafkaProducer*>(opaque); }
  static void report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    of(opaque).report(*message);
  }
  static void error(rd_kafka_t*, int code, const char* why, void* opaque) { of(opaque).failed(code, why); }
  static void log(const rd_kafka_t*, int, const char* what, const char* text) {
    log::debug("sink.kafka", {{"what", what}, {"text", text}});
  }
  // On a thread of the library: where to, for the address that a broker's name turned out to be.
  static int connect(int fd, const sockaddr* to, int size, const char*, void* opaque) {
    auto& self = of(opaque);
    net::Endpoint where;
    if (static_cast<std::size_t>(size) > where.capacity()) return EINVAL;
    std::memcpy(where.data(), to, static_cast<std::size_t>(size));
    where.resize(static_cast<std::size_t>(size));
    const net::Endpoint plain{net::normalised(where.address()), where.port()};
    if (const auto allowed = self.guard_.check(plain); !allowed) {
      self.forbidden_ = true;
      return EACCES;
    }
    if (::connect(fd, to, static_cast<socklen_t>(size)) == 0 || errno == EINPROGRESS) return 0;
    return errno;
  }
};

Result<std::shared_ptr<KafkaProducer>> KafkaProducer::make(net::Executor home,
                                                           std::shared_ptr<const Kafka::Options> options,
                                                           const net::AddressGuard& guard) {
  std::shared_ptr<KafkaProducer> out{new KafkaProducer{home, std::move(options), guard}};
  if (auto started = out->start(); !started) return fail(started.error());
  return out;
}

Result<void> KafkaProducer::start() {
  auto* conf = ::rd_kafka_conf_new();
  std::array<char, 512> why{};
  std::string wrong;
  const auto set = [&](const char* name, const std::string& value) {
    if (wrong.empty() && !value.empty() &&
        ::rd_kafka_conf_set(conf, name, value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK)
      wrong = fmt::format("{}: {}", name, why.data());
  };
  set("bootstrap.servers", options_->brokers);
  set("client.id", options_->client_id);
  set("acks", "all");
  set("enable.idempotence", "true");
  set("message.timeout.ms", "0");
  set("topic.metadata.propagation.max.ms", "10000");
  set("queue.buffering.max.messages", "10000");
  set("linger.ms", "5");
  set("compression.type", options_->compression);
  set("security.protocol", options_->security);
  set("ssl.ca.location", options_->ca_file);
  set("sasl.mechanism", options_->sasl_mechanism);
  set("sasl.username", options_->username);
  if (!options_->password.empty()) {
    std::string password{options_->password.reveal()};
    set("sasl.password", password);
    wipe(password);
  }
  ::rd_kafka_conf_set_opaque(conf, this);
  ::rd_kafka_conf_set_dr_msg_cb(conf, Callbacks::report);
  ::rd_kafka_conf_set_error_cb(conf, Callbacks::error);
  ::rd_kafka_conf_set_log_cb(conf, Callbacks::log);
  ::rd_kafka_conf_set_connect_cb(conf, Callbacks::connect);
  if (wrong.empty()) producer_ = ::rd_kafka_new(RD_KAFKA_PRODUCER, conf, why.data(), why.size());
  if (producer_ == nullptr) {
    ::rd_kafka_conf_destroy(conf);
    return fail(Code::sink_invalid, wrong.empty() ? why.data() : wrong);
  }
  thread_ = std::thread{[this] { run(); }};
  return {};
}

KafkaProducer::~KafkaProducer() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void KafkaProducer::run() {
  while (!stopping_) {
    ::rd_kafka_poll(producer_, 100);
    if (away_since_ != SteadyTime{} && std::chrono::steady_clock::now() - away_since_ > kAway) {
      why_ = outcome(Verdict::sink_failed, Code::sink_unreachable, "no broker answers");
      if (forbidden_) why_ = outcome(Verdict::refused, Code::net_forbidden_address, options_->brokers);
      stopping_ = true;
    }
  }
  ::rd_kafka_purge(producer_,
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  ::rd_kafka_flush(producer_, 1'000);
  ::rd_kafka_destroy(producer_);
  // What the library never reported.
  const std::lock_guard lock{mutex_};
  for (auto* place : places_) {
    finish(*place, why_);
    delete place;
  }
  places_.clear();
}

void KafkaProducer::produce(const Message& message, const BatchPtr& batch, std::size_t index) {
  auto* place = new Place{batch, index};
  const std::lock_guard lock{mutex_};
  if (stopping_) {
    finish(*place, outcome(Verdict::sink_failed, Code::sink_unreachable, "the producer is over"));
    delete place;
    return;
  }
  std::array<rd_kafka_vu_t, 7> what{};
  std::size_t at = 0;
  const auto next = [&](rd_kafka_vtype_t type) -> auto& {
    what[at].vtype = type;
    return what[at++].u;
  };
  const auto header = [&next](const char* name, std::string_view value) {
    auto& to = next(RD_KAFKA_VTYPE_HEADER).header;
    to.name = name;
    to.val = value.data();
    to.size = static_cast<ssize_t>(value.size());
  };
  next(RD_KAFKA_VTYPE_TOPIC).cstr = options_->topic.c_str();
  next(RD_KAFKA_VTYPE_MSGFLAGS).i = RD_KAFKA_MSG_F_COPY;
  auto& key = next(RD_KAFKA_VTYPE_KEY).mem;
  key.ptr = const_cast<char*>(message.key.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): copied
  key.size = message.key.size();
  auto& value = next(RD_KAFKA_VTYPE_VALUE).mem;
  value.ptr = const_cast<char*>(message.body.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  value.size = message.body.size();
  header("content-type", kCloudEventType);
  header("event-id", message.id);
  next(RD_KAFKA_VTYPE_OPAQUE).ptr = place;
  auto* const error = ::rd_kafka_produceva(producer_, what.data(), at);
  const auto code = error == nullptr ? RD_KAFKA_RESP_ERR_NO_ERROR : ::rd_kafka_error_code(error);
  if (error != nullptr) ::rd_kafka_error_destroy(error);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    places_.insert(place);
    return;
  }
  finish(*place, of_error(code));
  delete place;
}

void KafkaProducer::report(const rd_kafka_message_s& message) {
  auto* place = static_cast<Place*>(message._private);
  away_since_ = {};
  auto what = of_error(message.err);
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR &&
      ::rd_kafka_message_status(&message) != RD_KAFKA_MSG_STATUS_PERSISTED)
    what = outcome(Verdict::sink_failed, Code::sink_failed, "not persisted");
  // Thrown away by ourselves, for a reason that is known.
  if (message.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message.err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    what = why_;
  finish(*place, std::move(what));
  const std::lock_guard lock{mutex_};
  places_.erase(place);
  delete place;
}

void KafkaProducer::failed(int code, const char* why) {
  const auto error = static_cast<rd_kafka_resp_err_t>(code);
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    if (away_since_ == SteadyTime{}) away_since_ = std::chrono::steady_clock::now();
  } else if (error == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
    why_ = outcome(Verdict::refused, Code::sink_refused, why);
    stopping_ = true;
  } else if (error == RD_KAFKA_RESP_ERR__FATAL) {
    std::array<char, 256> text{};
    const auto fatal = ::rd_kafka_fatal_error(producer_, text.data(), text.size());
    why_ = outcome(Verdict::sink_failed, Code::sink_failed,
                   fmt::format("{}: {}", ::rd_kafka_err2name(fatal), text.data()));
    stopping_ = true;
  }
}

void KafkaProducer::finish(const Place& place, Outcome outcome) const {
  net::asio::post(home_, [batch = place.batch, index = place.index, outcome = std::move(outcome)] {
    batch->outcomes[index] = outcome;
    if (--batch->left == 0) batch->ready.set();
  });
}

}  // namespace camfleet::events::sinks
