#pragma once
#include <span>
#include <string_view>

#include "base/language.h"

namespace camfleet::api {

struct AlarmType {
  std::string_view type, en, zh;
};
// Those that have names, by type.
std::span<const AlarmType> alarm_types();

// What an alarm of this type (model::Event::type) is called by people; "Alarm" for a type that is in no list
// of ours.
std::string_view alarm_name(std::string_view type, Language language);

}  // namespace camfleet::api
