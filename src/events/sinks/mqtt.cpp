#include "events/sinks/mqtt.h"

#include "events/sinks/cloud_event.h"
#include "events/sinks/mqtt_link.h"
#include "events/sinks/topic.h"
#include "net/resolver.h"
#include "proto/url/url.h"

namespace camfleet::events::sinks {
namespace {

using namespace std::chrono_literals;

constexpr auto kAcknowledge = 20s;  // for the connection, if need be, and the PUBACK

}  // namespace

Result<std::unique_ptr<Client>> Mqtt::make(const model::SinkSpec& spec, Secret password,
                                           const net::AddressGuard& guard, net::WorkerPool& closers) {
  // As http(s), which the reader of addresses knows.
  std::string text{spec.text("url")};
  const bool tls = text.starts_with("mqtts");
  const auto url = url::parse(text.replace(0, 4, "http"));
  if (!url) return fail(url.error());
  auto options = std::make_shared<Options>();
  options->host = url->url.host;
  options->port = url->url.port != 0 ? url->url.port : tls ? 8883 : 1883;
  options->tls = tls;
  options->ca_file = spec.text("ca_file");
  options->client_id =
      spec.text("client_id").empty() ? "camfleet-" + spec.id : std::string{spec.text("client_id")};
  options->username = spec.text("username");
  options->password = std::move(password);
  options->version = static_cast<int>(spec.number("version"));
  std::unique_ptr<Mqtt> out{new Mqtt{guard, closers}};
  out->options_ = std::move(options);
  out->topic_ = spec.text("topic");
  out->in_flight_ = static_cast<std::size_t>(spec.number("in_flight"));
  out->payload_ = spec.flag("payload");
  return out;
}

Mqtt::~Mqtt() { drop_link(); }

// Its thread may be in the middle of something: the pool waits for it.
void Mqtt::drop_link() {
  if (!link_) return;
  link_->stop();
  closers_.submit([link = std::move(link_)]() mutable { link.reset(); });
  link_ = nullptr;
}

// All addresses of the host have to be allowed. The connection goes to the one that was looked at; with TLS
// to the name, which the certificate has to name, so it may be another of these.
net::Task<Result<std::shared_ptr<MqttLink>>> Mqtt::link(Deadline deadline) {
  if (link_ && !link_->over()) co_return link_;
  drop_link();
  auto resolving = net::resolve(options_->host, options_->port, deadline);
  const auto found = co_await std::move(resolving);
  if (!found) co_return fail(found.error());
  for (const auto& one : *found)
    if (auto allowed = guard_.check(one); !allowed) co_return fail(allowed.error());
  if (link_ && !link_->over()) co_return link_;  // another delivery was quicker
  const net::Executor home = co_await net::asio::this_coro::executor;
  link_ = std::make_shared<MqttLink>(home, options_,
                                     options_->tls ? options_->host : found->front().address().to_string());
  co_return link_;
}

net::Task<> Mqtt::deliver(std::span<Delivery> batch) {
  const net::Executor home = co_await net::asio::this_coro::executor;
  for (auto& one : batch) {
    const auto deadline = std::chrono::steady_clock::now() + kAcknowledge;
    auto linking = link(deadline);
    const auto linked = co_await std::move(linking);
    if (!linked) {
      const bool forbidden = linked.error().code == Code::net_forbidden_address;
      one.outcome = {forbidden ? Verdict::refused : Verdict::sink_failed, linked.error()};
      co_return;
    }
    auto message = std::make_shared<MqttLink::Message>(home);
    message->topic = topic_of(topic_, *one.entry);
    message->body = cloud_event(*one.entry, {payload_, one.replayed});
    (*linked)->publish(message);
    if (co_await message->ready.wait(deadline)) {
      one.outcome = message->outcome;
    } else {
      // What it acknowledges from now on is not known any more: begin anew.
      one.outcome = {Verdict::sink_failed, Error{Code::sink_timeout, "no PUBACK"}};
      if (link_ == *linked) drop_link();
    }
    if (one.outcome.verdict != Verdict::delivered) co_return;
  }
}

net::Task<> Mqtt::stop() {
  drop_link();
  co_return;
}

}  // namespace camfleet::events::sinks
