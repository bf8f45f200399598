#pragma once
#include <functional>
#include <optional>
#include <string>

#include "model/event_intake.h"
#include "net/http_server.h"

namespace camfleet::device {

// Who sends a push, by what can be seen of it.
struct PushSender {
  net::Address address;
  std::string mac;     // as the document says; lower case, empty: not said
  std::string serial;  // the same
};

// What devices push to us (their httpHosts setting): a document, or a form of documents and pictures. The
// answer is 200 when all of it is on disk and not before: a device that repeats what was not answered loses
// nothing. events.congested and ledger.* are 503; 403 events.foreign for who is no device of the fleet; 400
// for what cannot be understood. There is no login: a device is known by its address, and by the MAC and the
// serial number in its document, where they say something. Thread-safe; outlives its server.
class PushReceiver {
 public:
  using Find = std::function<std::optional<model::DeviceId>(const PushSender&)>;
  static constexpr std::size_t kMostBody = 4 * 1024 * 1024;

  PushReceiver(model::EventIntake& intake, Find find) : intake_(intake), find_(std::move(find)) {}

  net::Task<> handle(net::HttpExchange& exchange);

 private:
  net::Task<Result<void>> take(const net::HttpRequest& request, net::Address from);

  model::EventIntake& intake_;
  Find find_;
};

}  // namespace camfleet::device
