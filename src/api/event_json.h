#pragma once
#include <boost/json/object.hpp>

#include "api/device_json.h"
#include "model/event_book.h"

namespace camfleet::api {

// An entry of the ledger as the API shows it. What a device said is made valid UTF-8.
boost::json::object to_json(const model::LedgerEntry& entry, Language language);
boost::json::object to_json(const model::BlindInterval& interval, WallTime now, Language language);

// RFC 3339, with its zone: "2026-11-28T16:00:00Z"; nullopt for all else.
std::optional<WallTime> parse_moment(std::string_view text);

}  // namespace camfleet::api
