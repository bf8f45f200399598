#pragma once
#include <string>
#include <string_view>

#include "model/ledger.h"

namespace camfleet::events::sinks {

// A topic of MQTT from its template: {device}, {channel}, {type}, {state} and {event} stand for the entry's,
// with what has a meaning in topics ('/', '+', '#', '$', '%', blanks, control and non-ASCII bytes) in percent
// form, so that a name of a camera never makes a level or a wildcard. "-" where the entry has none.
std::string topic_of(std::string_view pattern, const model::LedgerEntry& entry);

}  // namespace camfleet::events::sinks
