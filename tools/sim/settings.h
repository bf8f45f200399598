#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "sim/population.h"

namespace camfleet::sim {

// All that the command line says.
struct Settings {
  PopulationOptions population;
  std::uint32_t first_address = 0x7f010001;  // 127.1.0.1
  std::uint16_t http_port = 10080;           // 0: the kernel chooses
  std::uint16_t rtsp_port = 10554;
  std::string control = "127.0.0.1:9900";
  std::string clips;   // folder
  unsigned loops = 0;  // 0: one for each core, at most 4

  bool discovery = false;              // answers WS-Discovery and SADP
  std::uint32_t discovery_others = 0;  // devices that discovery alone knows

  std::chrono::seconds nonce_life{300};
  unsigned lock_after = 5;  // wrong passwords; 0: never
  std::chrono::seconds lock_time{1800};
  std::chrono::milliseconds heartbeat{10'000};  // of alert streams; 0: none
  double alarms_per_minute = 0.1;               // by device, on average
  std::uint32_t alarm_seconds = 6;              // that they last at most
  unsigned max_sessions = 20;                   // RTSP sessions of a device
  unsigned max_alarm_streams = 4;               // of a device
  std::chrono::seconds session_timeout{60};     // of RTSP
  enum class Udp : std::uint8_t {
    on,
    off,     // 461 to whoever asks for it
    silent,  // granted, and then nothing comes: as behind a firewall
    small    // granted, and nothing over 1,000 bytes comes: as where fragments are lost
  };
  Udp udp = Udp::on;
};

}  // namespace camfleet::sim
