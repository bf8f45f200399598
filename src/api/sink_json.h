#pragma once
#include <boost/json/object.hpp>
#include <string_view>

#include "base/language.h"
#include "model/sink.h"

namespace camfleet::api {

// A sink as the API shows it: what an operator said of it, its settings beside that, and how it is. Secrets
// are named and never shown.
boost::json::object to_json(const model::SinkView& view, Language language);
boost::json::object to_json(const model::ParkedEntry& entry, Language language);

// Reads the body of a new sink, or of a change of one; null puts a setting back to what holds without it.
// sink.invalid and api.bad_request name the member. Whether the kind knows the settings is not looked at.
Result<model::SinkWish> sink_from_json(boost::json::object& body, bool is_new);
// Overwrites the texts of a body that may hold secrets.
void wipe_settings(boost::json::object& body);

Result<model::ReplayWish> replay_from_json(const boost::json::object& body);

}  // namespace camfleet::api
