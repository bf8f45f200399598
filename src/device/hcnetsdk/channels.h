#pragma once
#include <cstdint>

#include "proto/sdkhost/message.h"

namespace camfleet::device::hcnetsdk {

// Our numbers of a device's channels, from 1 on without holes, and the library's. In ISAPI mode both are the
// device's own. In the vendor's protocol inputs of its own come first there, and IP channels begin where the
// login said: 33, on newer recorders 1.
//
// What the login said may be anything: there are no more than kMost, first numbers that are missing have
// their usual value, and IP channels that would fall upon inputs come behind them, so that no two channels
// have one number in either direction.
class Channels {
 public:
  static constexpr std::uint16_t kMost = 1'024;

  Channels() = default;
  explicit Channels(const sdkhost::LoginResult& told);

  std::uint16_t count() const { return static_cast<std::uint16_t>(analogue_ + digital_); }
  std::uint32_t to_library(std::uint16_t channel) const;
  // Of one that the login did not tell of, a number that no other has; 0, the device itself, where there is
  // none.
  std::uint16_t from_library(std::int32_t number) const;

 private:
  bool same_ = true;
  std::uint32_t analogue_ = 0, analogue_first_ = 1;
  std::uint32_t digital_ = 0, digital_first_ = 1;
};

}  // namespace camfleet::device::hcnetsdk
