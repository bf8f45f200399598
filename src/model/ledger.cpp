#include "model/ledger.h"

namespace camfleet::model {

std::string_view to_text(EventState state) {
  switch (state) {
    case EventState::start:
      return "start";
    case EventState::update:
      return "update";
    case EventState::end:
      return "end";
    case EventState::pulse:
      break;
  }
  return "pulse";
}

std::string_view to_text(EventSource source) {
  switch (source) {
    case EventSource::stream:
      return "isapi.stream";
    case EventSource::push:
      return "isapi.push";
    case EventSource::sdk:
      return "sdk";
    case EventSource::gateway:
      break;
  }
  return "gateway";
}

std::string LedgerEntry::id() const {
  auto out = event + "/" + std::string(to_text(state));
  if (state == EventState::update || (state == EventState::end && ordinal > 0))
    out += "/" + std::to_string(ordinal);
  return out;
}

}  // namespace camfleet::model
