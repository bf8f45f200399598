#include "device/hcnetsdk/channels.h"

#include <algorithm>

namespace camfleet::device::hcnetsdk {
namespace {

constexpr std::uint32_t kUsualFirstDigital = 33;

}  // namespace

Channels::Channels(const sdkhost::LoginResult& told) : same_(told.mode == sdkhost::Mode::isapi) {
  analogue_ = std::min<std::uint32_t>(told.analogue, kMost);
  digital_ = std::min<std::uint32_t>(told.digital, kMost - analogue_);
  analogue_first_ = std::max<std::uint32_t>(told.analogue_first, 1);
  digital_first_ = told.digital_first != 0 ? told.digital_first : kUsualFirstDigital;
  if (analogue_ > 0) digital_first_ = std::max(digital_first_, analogue_first_ + analogue_);
}

std::uint32_t Channels::to_library(std::uint16_t channel) const {
  if (same_) return channel;
  if (channel <= analogue_ || digital_ == 0) return analogue_first_ + channel - 1U;
  return digital_first_ + (channel - analogue_) - 1U;
}

std::uint16_t Channels::from_library(std::int32_t number) const {
  if (number <= 0) return 0;
  const auto told = static_cast<std::uint32_t>(number);
  std::uint32_t ours = 0;
  if (same_)
    ours = told;
  else if (digital_ > 0 && told >= digital_first_)
    ours = told - digital_first_ + 1 + analogue_;
  else if (told >= analogue_first_ && (digital_ == 0 || told < analogue_first_ + analogue_))
    ours = told - analogue_first_ + 1;
  return ours <= 0xFFFF ? static_cast<std::uint16_t>(ours) : std::uint16_t{0};
}

}  // namespace camfleet::device::hcnetsdk
