#include "events/sinks/dapr.h"

#include "events/sinks/cloud_event.h"

namespace camfleet::events::sinks {

Result<std::unique_ptr<Client>> Dapr::make(const model::SinkSpec& spec, Secret token,
                                           const net::AddressGuard& guard) {
  auto url = url::parse(spec.text("url"));
  if (!url) return fail(url.error());
  auto out = std::make_unique<Dapr>();
  out->connections_ = static_cast<std::size_t>(spec.number("connections"));
  out->payload_ = spec.flag("payload");
  out->token_ = std::move(token);
  auto before = url->url.target;
  while (before.ends_with('/')) before.pop_back();
  out->target_ = before + "/v1.0/publish/" + url::percent_encode(spec.text("pubsub")) + '/';
  // A topic may have slashes; they are part of the path there.
  out->target_ += spec.text("topic");
  auto poster = HttpPoster::make(guard, std::move(url->url),
                                 {{}, out->connections_, std::chrono::seconds{spec.number("timeout_s")}});
  if (!poster) return fail(poster.error());
  out->poster_ = std::move(*poster);
  return out;
}

net::Task<> Dapr::deliver(std::span<Delivery> batch) {
  for (auto& one : batch) {
    net::HttpRequest request;
    request.method = "POST";
    request.target = target_;
    request.headers.set("Content-Type", kCloudEventType);
    if (!token_.empty()) request.headers.set("dapr-api-token", token_.reveal());
    request.body = cloud_event(*one.entry, {payload_, one.replayed});
    auto posting = poster_->post(std::move(request));
    const auto response = co_await std::move(posting);
    if (!response)
      one.outcome = outcome_of(response.error());
    else if (response->ok())
      one.outcome = {Verdict::delivered, {}};
    else
      one.outcome = outcome_of(*response);
    if (one.outcome.verdict != Verdict::delivered) co_return;
  }
}

net::Task<> Dapr::stop() {
  poster_->close();
  co_return;
}

}  // namespace camfleet::events::sinks
