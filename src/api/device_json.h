#pragma once
#include <boost/json/object.hpp>
#include <string_view>

#include "api/json_text.h"
#include "base/language.h"
#include "base/secret.h"
#include "model/device.h"

namespace camfleet::api {

using camfleet::Language;
// The first of the two that an Accept-Language header names; English where it names neither.
Language language_of(std::string_view accept_language);
std::string_view sentence(Code code, Language language);

// The members of a device as the API shows it, between the caller's begin_object() and end_object(); `whole`
// adds the history.
void write_members(JsonText& to, const model::DeviceView& view, Language language, bool whole);
// The same as a text, and as a document for those who pick members out of it.
std::string device_text(const model::DeviceView& view, Language language, bool whole);
boost::json::object to_json(const model::DeviceView& view, Language language, bool whole);

void write(JsonText& to, const model::Channel& channel);
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
