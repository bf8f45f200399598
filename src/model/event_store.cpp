#include "model/event_store.h"

namespace camfleet::model {

BlindInterval blind_interval_of(const LedgerEntry& entry) {
  BlindInterval out;
  out.event = entry.event;
  out.device = entry.device;
  out.from = entry.started;
  if (entry.state == EventState::end) out.to = entry.happened;
  out.reason = code_of(entry.detail);
  out.text = entry.description;
  return out;
}

}  // namespace camfleet::model
