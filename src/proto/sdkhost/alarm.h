#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace camfleet::sdkhost {

enum class AlarmState : std::uint8_t { pulse, active, inactive };

// One alarm of the library's message callback, as it crosses the alarm ring.
struct Alarm {
  struct Picture {
    std::string content_type;
    std::string data;
    void fields(auto& list) { list(content_type, data); }
  };

  std::uint32_t device = 0;
  std::uint32_t command = 0;     // the vendor's number of its kind
  std::int64_t received_us = 0;  // our clock when the callback came, since 1970
  std::string type;              // the house's word: "vmd"; empty where the document says it
  AlarmState state = AlarmState::pulse;
  std::int32_t channel = 0;  // as the library numbers it; 0: the device itself
  std::string time;          // the device's; RFC 3339, with an offset where it told one
  std::string detail, description, target;
  std::uint32_t serial = 0;  // the device's own number of it, 0: none
  std::string document;      // XML or JSON that the device sent, as it came
  std::vector<Picture> pictures;
  std::uint32_t pictures_left_out = 0;
  void fields(auto& list) {
    list(device, command, received_us, type, state, channel, time, detail, description, target, serial,
         document, pictures, pictures_left_out);
  }
};

}  // namespace camfleet::sdkhost
