#pragma once
#include <boost/json/object.hpp>
#include <string_view>

#include "base/language.h"
#include "base/secret.h"
#include "model/device.h"

namespace camfleet::api {

using camfleet::Language;
// The first of the two that an Accept-Language header names; English where it names neither.
Language language_of(std::string_view accept_language);
std::string_view sentence(Code code, Language language);

// A device as the API shows it; `whole` adds the history.
boost::json::object to_json(const model::DeviceView& view, Language language, bool whole);

boost::json::object to_json(const model::Channel& channel);

struct NewDevice {
  model::DeviceSpec spec;  // its id is empty where a generated one is asked for
  Secret password;
};
// Reads the body of "add a device": unknown members and wrong types are errors that name the member.
// `validate` has not been called yet. The caller wipes `text`.
Result<NewDevice> device_from_json(std::string_view text);

// Any JSON object of a request body: at most 1 MiB and 32 levels deep; the last of two equal names counts.
Result<boost::json::object> object_from(std::string_view text);

}  // namespace camfleet::api
