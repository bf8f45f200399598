#pragma once
#include <chrono>
#include <string_view>

namespace camfleet::app {

// What systemd wants to hear of a service of Type=notify: "READY=1", "RELOADING=1", "STOPPING=1",
// "WATCHDOG=1". One datagram to $NOTIFY_SOCKET; nothing happens where there is none, or where it cannot be
// sent.
void tell_systemd(std::string_view state);

// "RELOADING=1" with the time that Type=notify-reload wants beside it.
void tell_systemd_reloading();

// Within how long systemd wants to hear "WATCHDOG=1" from this process; zero: it does not.
std::chrono::microseconds systemd_watchdog();

}  // namespace camfleet::app
