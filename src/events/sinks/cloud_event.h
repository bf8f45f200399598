#pragma once
#include <string>
#include <string_view>

#include "model/ledger.h"

namespace camfleet::events::sinks {

inline constexpr std::string_view kCloudEventType = "application/cloudevents+json";
inline constexpr std::string_view kCloudEventBatchType = "application/cloudevents-batch+json";

struct EncodeOptions {
  bool payload = false;   // with the device's own document
  bool replayed = false;  // marked as delivered once more
};

// An entry as CloudEvents 1.0 in JSON (structured mode); docs/sinks.md has the members. The same entry gives
// the same bytes but for the mark.
std::string cloud_event(const model::LedgerEntry& entry, EncodeOptions options);

// Its attributes, for where they travel beside the body.
std::string source_of(const model::LedgerEntry& entry);    // "/camfleet/devices/gate-7"
std::string type_of(const model::LedgerEntry& entry);      // "camfleet.alarm.start"
std::string key_of(const model::LedgerEntry& entry);       // what keeps order: the device
std::string sequence_of(const model::LedgerEntry& entry);  // 20 digits, sorts as it counts

}  // namespace camfleet::events::sinks
