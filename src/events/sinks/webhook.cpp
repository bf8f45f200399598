#include "events/sinks/webhook.h"

#include "events/sinks/cloud_event.h"
#include "proto/hmac/hmac.h"

namespace camfleet::events::sinks {

Result<std::unique_ptr<Client>> Webhook::make(const model::SinkSpec& spec, Secret key, Secret token,
                                              const net::AddressGuard& guard) {
  auto url = url::parse(spec.text("url"));
  if (!url) return fail(url.error());
  auto out = std::make_unique<Webhook>();
  out->connections_ = static_cast<std::size_t>(spec.number("connections"));
  out->batch_ = static_cast<std::size_t>(spec.number("batch"));
  out->payload_ = spec.flag("payload");
  out->key_ = std::move(key);
  out->token_ = std::move(token);
  auto poster = HttpPoster::make(
      guard, std::move(url->url),
      {std::string{spec.text("ca_file")}, out->connections_, std::chrono::seconds{spec.number("timeout_s")}});
  if (!poster) return fail(poster.error());
  out->poster_ = std::move(*poster);
  return out;
}

net::Task<Outcome> Webhook::post(std::string body, std::string_view type, std::string id) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(system_clock().wall().time_since_epoch());
  net::HttpRequest request;
  request.method = "POST";
  request.target = poster_->url().target.empty() ? "/" : poster_->url().target;
  if (request.target.front() == '?') request.target.insert(0, "/");
  request.headers.set("Content-Type", type);
  request.headers.set("Idempotency-Key", id);
  if (!token_.empty()) request.headers.set("Authorization", "Bearer " + std::string{token_.reveal()});
  const auto timestamp = std::to_string(now.count());
  request.headers.set("X-Camfleet-Timestamp", timestamp);
  if (!key_.empty())
    request.headers.set("X-Camfleet-Signature",
                        "v1=" + hmac::sha256_hex(key_.reveal(), timestamp + '.' + body));
  request.body = std::move(body);
  auto posting = poster_->post(std::move(request));
  const auto response = co_await std::move(posting);
  if (!response) co_return outcome_of(response.error());
  if (response->ok()) co_return Outcome{Verdict::delivered, {}};
  co_return outcome_of(*response);
}

net::Task<> Webhook::deliver(std::span<Delivery> batch) {
  if (batch_ > 1) {
    std::string body;
    for (const auto& one : batch)
      body += (body.empty() ? '[' : ',') + cloud_event(*one.entry, {payload_, one.replayed});
    body += ']';
    auto posting = post(std::move(body), kCloudEventBatchType,
                        batch.front().entry->id() + ".." + batch.back().entry->id());
    const auto outcome = co_await std::move(posting);
    // Which of them it does not take is found by asking one by one.
    if (outcome.verdict != Verdict::rejected || batch.size() == 1) {
      for (auto& one : batch) one.outcome = outcome;
      co_return;
    }
  }
  model::DeviceId failed;
  bool any_failed = false;
  for (auto& one : batch) {
    if (any_failed && one.entry->device == failed) continue;
    auto body = cloud_event(*one.entry, {payload_, one.replayed});
    if (batch_ > 1) body = '[' + body + ']';
    auto posting =
        post(std::move(body), batch_ > 1 ? kCloudEventBatchType : kCloudEventType, one.entry->id());
    one.outcome = co_await std::move(posting);
    if (one.outcome.verdict == Verdict::delivered) continue;
    failed = one.entry->device;
    any_failed = true;
    if (one.outcome.verdict != Verdict::rejected && one.outcome.verdict != Verdict::event_failed) break;
  }
}

net::Task<> Webhook::stop() {
  poster_->close();
  co_return;
}

}  // namespace camfleet::events::sinks
