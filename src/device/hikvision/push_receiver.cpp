#include "device/hikvision/push_receiver.h"

#include "base/log.h"
#include "base/metrics.h"
#include "base/text.h"
#include "device/hikvision/report.h"

namespace camfleet::device {
namespace {

constexpr std::size_t kMostDocuments = 32;  // of one push

metrics::Counter& pushes(std::string_view result) {
  return metrics::counter("camfleet_event_pushes_total", "What devices pushed to us, by what became of it.",
                          {{"result", std::string{result}}});
}

struct Push {
  std::vector<model::Event> events;
  PushSender from;
  bool understood = false;  // it had at least one document of a device, be it a heart-beat
};

void add_document(std::string_view body, Push& push) {
  auto alert = isapi::parse_alert(body);
  if (!alert) return;
  push.understood = true;
  if (push.from.mac.empty()) push.from.mac = alert->mac;
  if (push.from.serial.empty()) push.from.serial = alert->serial;
  if (push.events.size() >= kMostDocuments) return;
  auto event = to_event(std::move(*alert), {}, system_clock().wall());
  if (!event) return;
  event->source = model::EventSource::push;
  keep_document(body, *event);
  push.events.push_back(std::move(*event));
}

// Pictures stand before or behind the document that they belong to.
void add_form(std::string_view body, Push& push) {
  multipart::Parser parser;
  parser.feed(body);
  parser.finish();
  std::vector<model::EventPicture> early;
  for (;;) {
    const auto part = parser.next();
    if (!part || !*part) break;
    if ((*part)->body.empty()) continue;
    if (is_text(**part)) {
      add_document((*part)->body, push);
      continue;
    }
    auto& pictures = push.events.empty() ? early : push.events.back().pictures;
    if (pictures.size() < kMostPictures) pictures.push_back(picture_of(**part));
  }
  if (!push.events.empty())
    for (auto& picture : early) push.events.front().pictures.push_back(std::move(picture));
}

net::HttpResponse answer_to(const Result<void>& done) {
  net::HttpResponse response;
  response.status = done ? 200 : info(done.error().code).http_status;
  if (!done && response.status >= 500) response.status = 503;
  if (response.status == 503) response.headers.set("Retry-After", "5");
  response.headers.set("Connection", "close");
  if (!done) {
    response.headers.set("Content-Type", "text/plain");
    response.body = std::string{name(done.error().code)} + '\n';
  }
  return response;
}

}  // namespace

net::Task<> PushReceiver::handle(net::HttpExchange& exchange) {
  const auto from = exchange.remote().address();
  Result<void> done = fail(Code::api_method_not_allowed);
  if (exchange.request().method == "POST") {
    auto taking = take(exchange.request(), from);
    done = co_await std::move(taking);
  }
  pushes(done ? "stored" : name(done.error().code)).add();
  if (!done)
    log::debug("events.push_refused", {{"from", from.to_string()}, {"code", name(done.error().code)}});
  const auto response = answer_to(done);
  auto answering = exchange.respond(response);
  co_await std::move(answering);
}

net::Task<Result<void>> PushReceiver::take(const net::HttpRequest& request, net::Address from) {
  Push push;
  push.from.address = from;
  if (istarts_with(request.headers.get("Content-Type"), "multipart/"))
    add_form(request.body, push);
  else
    add_document(request.body, push);
  // Who is nobody learns nothing of what we understand.
  const auto device = find_(push.from);
  if (!device) co_return fail(Code::events_foreign, from.to_string());
  if (!push.understood) co_return fail(Code::api_bad_request, "no event in it");
  for (auto& event : push.events) event.device = *device;
  auto committing = intake_.commit(std::move(push.events));
  co_return co_await std::move(committing);
}

}  // namespace camfleet::device
