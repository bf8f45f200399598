#include "events/sinks/mqtt_link.h"

#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "events/sinks/cloud_event.h"

namespace camfleet::events::sinks {
namespace {

using namespace std::chrono_literals;

constexpr int kKeepAlive = 30;
constexpr auto kConnect = 10s;
constexpr int kTick = 500;  // ms, of poll: keep-alive and the end are looked at so often

// The library counts who uses it.
void use_library() {
  struct Library {
    Library() { ::mosquitto_lib_init(); }
    ~Library() { ::mosquitto_lib_cleanup(); }
  };
  static const Library library;
}

Outcome outcome(Verdict verdict, Code code, std::string place) {
  return {verdict, Error{code, std::move(place)}};
}

// MQTT 3.1.1 section 3.2.2.3, MQTT 5.0 section 3.2.2.2.
Outcome of_connack(int reason, int version) {
  const auto place =
      fmt::format("CONNACK {:#04x}: {}", reason,
                  version == 5 ? ::mosquitto_reason_string(reason) : ::mosquitto_connack_string(reason));
  switch (reason) {
    case 3:
    case MQTT_RC_SERVER_UNAVAILABLE:
    case MQTT_RC_SERVER_MOVED:
    case MQTT_RC_USE_ANOTHER_SERVER:
    case MQTT_RC_UNSPECIFIED:
      return outcome(Verdict::sink_failed, Code::sink_unreachable, place);
    case MQTT_RC_SERVER_BUSY:
    case MQTT_RC_QUOTA_EXCEEDED:
    case MQTT_RC_CONNECTION_RATE_EXCEEDED:
      return outcome(Verdict::throttled, Code::sink_throttled, place);
    default:
      return outcome(Verdict::refused, Code::sink_refused, place);
  }
}

// MQTT 5.0 section 3.4.2.1.
Outcome of_puback(int reason) {
  if (reason < 0x80) return {Verdict::delivered, {}};
  const auto place = fmt::format("PUBACK {:#04x}: {}", reason, ::mosquitto_reason_string(reason));
  switch (reason) {
    case MQTT_RC_NOT_AUTHORIZED:
      return outcome(Verdict::refused, Code::sink_refused, place);
    case MQTT_RC_QUOTA_EXCEEDED:
      return outcome(Verdict::throttled, Code::sink_throttled, place);
    case MQTT_RC_TOPIC_NAME_INVALID:
    case MQTT_RC_PAYLOAD_FORMAT_INVALID:
      return outcome(Verdict::rejected, Code::sink_rejected, place);
    default:
      return outcome(Verdict::event_failed, Code::sink_failed, place);
  }
}

}  // namespace

struct MqttLink::Callbacks {
  static MqttLink& of(void* object) { return *static_cast<MqttLink*>(object); }
  static void connected(::mosquitto*, void* object, int reason, int, const mosquitto_property*) {
    auto& link = of(object);
    if (reason == 0)
      link.connected_ = true;
    else
      link.refused_ = of_connack(reason, link.options_->version);
  }
  static void disconnected(::mosquitto*, void* object, int reason, const mosquitto_property*) {
    auto& link = of(object);
    link.connected_ = false;
    // A broker of MQTT 5 says why it closes.
    if (reason == MQTT_RC_NOT_AUTHORIZED || reason == MQTT_RC_ADMINISTRATIVE_ACTION)
      link.refused_ =
          outcome(Verdict::refused, Code::sink_refused,
                  fmt::format("DISCONNECT {:#04x}: {}", reason, ::mosquitto_reason_string(reason)));
  }
  static void published(::mosquitto*, void* object, int mid, int reason, const mosquitto_property*) {
    auto& link = of(object);
    const auto found = link.sent_.find(mid);
    if (found == link.sent_.end()) return;
    link.finish(found->second, of_puback(reason));
    link.sent_.erase(found);
  }
};

MqttLink::MqttLink(net::Executor home, std::shared_ptr<const Mqtt::Options> options, std::string address)
    : home_(home),
      options_(std::move(options)),
      address_(std::move(address)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { run(); }) {}

MqttLink::~MqttLink() {
  stop();
  thread_.join();
}

void MqttLink::stop() {
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto put = ::write(wake_.fd(), &one, sizeof one);
}

void MqttLink::publish(MessagePtr message) {
  {
    const std::lock_guard lock{mutex_};
    if (!over_) {
      waiting_.push_back(std::move(message));
      message = nullptr;
    }
  }
  if (message)
    return finish(message, outcome(Verdict::sink_failed, Code::sink_unreachable, "the connection is over"));
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto put = ::write(wake_.fd(), &one, sizeof one);
}

void MqttLink::finish(const MessagePtr& message, Outcome outcome) const {
  net::asio::post(home_, [message, outcome = std::move(outcome)] {
    if (message->done) return;
    message->done = true;
    message->outcome = outcome;
    message->ready.set();
  });
}

void MqttLink::run() {
  use_library();
  auto why = connect();
  if (why.verdict == Verdict::delivered) why = serve();
  if (client_ != nullptr) {
    ::mosquitto_disconnect(client_);
    ::mosquitto_destroy(client_);
  }
  finish_all(why);
}

void MqttLink::finish_all(const Outcome& outcome) {
  std::deque<MessagePtr> left;
  {
    const std::lock_guard lock{mutex_};
    over_ = true;
    left.swap(waiting_);
  }
  for (const auto& [mid, message] : sent_) finish(message, outcome);
  for (const auto& message : left) finish(message, outcome);
  sent_.clear();
}

Outcome MqttLink::connect() {
  const auto failed = [](const char* what, int code) {
    return outcome(Verdict::sink_failed, Code::sink_unreachable,
                   fmt::format("{}: {}", what, ::mosquitto_strerror(code)));
  };
  client_ = ::mosquitto_new(options_->client_id.c_str(), true, this);
  if (client_ == nullptr) return outcome(Verdict::refused, Code::sink_invalid, "client_id");
  ::mosquitto_int_option(client_, MOSQ_OPT_PROTOCOL_VERSION,
                         options_->version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
  ::mosquitto_connect_v5_callback_set(client_, Callbacks::connected);
  ::mosquitto_disconnect_v5_callback_set(client_, Callbacks::disconnected);
  ::mosquitto_publish_v5_callback_set(client_, Callbacks::published);
  ::mosquitto_max_inflight_messages_set(client_,
                                        0);  // what is in flight is bounded before; 5.0 has the broker's word
  if (!options_->username.empty()) {
    const std::string password{options_->password.reveal()};
    ::mosquitto_username_pw_set(client_, options_->username.c_str(),
                                password.empty() ? nullptr : password.c_str());
  }
  if (options_->tls) {
    const char* ca = options_->ca_file.empty() ? nullptr : options_->ca_file.c_str();
    const int set = ::mosquitto_tls_set(client_, ca, ca == nullptr ? "/etc/ssl/certs" : nullptr, nullptr,
                                        nullptr, nullptr);
    if (set != MOSQ_ERR_SUCCESS) return outcome(Verdict::refused, Code::tls_unreadable, options_->ca_file);
    ::mosquitto_tls_opts_set(client_, 1, "tlsv1.2", nullptr);
  }
  const int begun = ::mosquitto_connect_async(client_, address_.c_str(), options_->port, kKeepAlive);
  if (begun != MOSQ_ERR_SUCCESS && begun != MOSQ_ERR_CONN_PENDING)
    return begun == MOSQ_ERR_ERRNO ? outcome(Verdict::sink_failed, Code::sink_unreachable,
                                             std::strerror(errno))  // NOLINT(concurrency-mt-unsafe)
                                   : failed("connect", begun);
  return {Verdict::delivered, {}};
}

// Waits for the socket and for us, and lets the library do what is due.
int MqttLink::turn(bool& woken) {
  const int fd = ::mosquitto_socket(client_);
  if (fd < 0) return MOSQ_ERR_NO_CONN;
  const short want = static_cast<short>(POLLIN | (::mosquitto_want_write(client_) ? POLLOUT : 0));
  std::array<pollfd, 2> fds{pollfd{fd, want, 0}, pollfd{wake_.fd(), POLLIN, 0}};
  if (::poll(fds.data(), fds.size(), kTick) < 0 && errno != EINTR) return MOSQ_ERR_ERRNO;
  if ((fds[1].revents & POLLIN) != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.fd(), &count, sizeof count);
    woken = true;
  }
  // A handshake of TLS that waits to write goes on in the library's read.
  if (fds[0].revents != 0)
    if (const int code = ::mosquitto_loop_read(client_, 100); code != MOSQ_ERR_SUCCESS) return code;
  if ((fds[0].revents & POLLOUT) != 0)
    if (const int code = ::mosquitto_loop_write(client_, 100); code != MOSQ_ERR_SUCCESS) return code;
  return ::mosquitto_loop_misc(client_);
}

Outcome MqttLink::serve() {
  const auto until = std::chrono::steady_clock::now() + kConnect;
  while (!stopping_) {
    bool woken = false;
    const int code = turn(woken);
    if (refused_.verdict != Verdict::not_tried) return refused_;
    if (code == MOSQ_ERR_TLS)
      return outcome(Verdict::sink_failed, Code::tls_handshake_failed, options_->host);
    if (code != MOSQ_ERR_SUCCESS)
      return outcome(Verdict::sink_failed, Code::sink_unreachable,
                     code == MOSQ_ERR_ERRNO ? std::strerror(errno)  // NOLINT(concurrency-mt-unsafe)
                                            : ::mosquitto_strerror(code));
    if (!connected_ && std::chrono::steady_clock::now() > until)
      return outcome(Verdict::sink_failed, Code::sink_unreachable, "no answer to CONNECT");
    if (connected_) publish_waiting();
  }
  return outcome(Verdict::sink_failed, Code::sink_unreachable, "stopped");
}

void MqttLink::publish_waiting() {
  std::deque<MessagePtr> now;
  {
    const std::lock_guard lock{mutex_};
    now.swap(waiting_);
  }
  for (const auto& message : now) {
    mosquitto_property* properties = nullptr;
    if (options_->version == 5)
      ::mosquitto_property_add_string(&properties, MQTT_PROP_CONTENT_TYPE,
                                      std::string{kCloudEventType}.c_str());
    int mid = 0;
    const int code =
        ::mosquitto_publish_v5(client_, &mid, message->topic.c_str(), static_cast<int>(message->body.size()),
                               message->body.data(), 1, false, properties);
    ::mosquitto_property_free_all(&properties);
    switch (code) {
      case MOSQ_ERR_SUCCESS:
        sent_.emplace(mid, message);
        break;
      case MOSQ_ERR_INVAL:
      case MOSQ_ERR_PAYLOAD_SIZE:
      case MOSQ_ERR_MALFORMED_UTF8:
      case MOSQ_ERR_OVERSIZE_PACKET:
        finish(message, outcome(Verdict::rejected, Code::sink_rejected, ::mosquitto_strerror(code)));
        break;
      default:
        finish(message, outcome(Verdict::sink_failed, Code::sink_unreachable, ::mosquitto_strerror(code)));
    }
  }
}

}  // namespace camfleet::events::sinks
