#include "net/datagram_pairs.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "base/text.h"

namespace camfleet::net {
namespace {

constexpr std::uint32_t kTries = 64;        // of what the system gives
constexpr std::uint32_t kMostTries = 2048;  // in a range where others sit too

std::uint64_t some_seed() {
  std::uint64_t seed = 0;
  random_bytes({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  return seed;
}

}  // namespace

Result<PortRange> PortRange::parse(std::string_view text) {
  if (text.empty()) return PortRange{};
  auto rest = text;
  const auto first = parse_int<std::uint16_t>(trim(take_until(rest, '-')));
  const auto last = parse_int<std::uint16_t>(trim(rest));
  if (!first || !last || *first < 1024 || *last <= *first || *last - (*first + *first % 2) < 1)
    return fail(Code::config_invalid, "wants FIRST-LAST, ports from 1024 on, with room for a pair");
  return PortRange{*first, *last};
}

DatagramPair::DatagramPair(DatagramPair&& other) noexcept
    : rtp(std::move(other.rtp)), rtcp(std::move(other.rtcp)), owner_(std::exchange(other.owner_, nullptr)) {}

DatagramPair& DatagramPair::operator=(DatagramPair&& other) noexcept {
  std::swap(rtp, other.rtp);
  std::swap(rtcp, other.rtcp);
  std::swap(owner_, other.owner_);
  return *this;
}

DatagramPair::~DatagramPair() {
  if (owner_ != nullptr) owner_->taken_.fetch_sub(1, std::memory_order_relaxed);
}

Result<DatagramPair> DatagramPairs::open_at(Executor executor, DatagramOptions& options, std::uint16_t port) {
  options.at.port(port);
  auto rtp = Datagrams::open(executor, options);
  if (!rtp) return fail(std::move(rtp.error()));
  const auto even = rtp->local().port();
  if (even % 2 != 0) return fail(Code::config_port_in_use, "an odd port");
  options.at.port(static_cast<std::uint16_t>(even + 1));
  auto rtcp = Datagrams::open(executor, options);
  if (!rtcp) return fail(std::move(rtcp.error()));
  DatagramPair out;
  out.rtp = std::move(*rtp);
  out.rtcp = std::move(*rtcp);
  return out;
}

Result<DatagramPair> DatagramPairs::open(Executor executor, DatagramOptions options) {
  if (taken_.fetch_add(1, std::memory_order_relaxed) >= most_) {
    taken_.fetch_sub(1, std::memory_order_relaxed);
    return fail(Code::rtsp_no_ports, "all " + std::to_string(most_) + " places are taken");
  }
  DatagramPair place;
  place.owner_ = this;  // given back on every way out of here
  const auto first = static_cast<std::uint32_t>(range_.first + range_.first % 2);
  const auto pairs = range_.any() ? kTries : (static_cast<std::uint32_t>(range_.last) + 1 - first) / 2;
  // Not always from the beginning: the ports that were used last are those that a device may still send to.
  thread_local Rng rng{some_seed()};
  const auto begin = static_cast<std::uint32_t>(rng.below(pairs));
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(pairs, kMostTries); ++i) {
    const auto port = range_.any() ? 0 : first + 2 * ((begin + i) % pairs);
    auto opened = open_at(executor, options, static_cast<std::uint16_t>(port));
    if (opened) {
      place.rtp = std::move(opened->rtp);
      place.rtcp = std::move(opened->rtcp);
      return place;
    }
    if (opened.error().code != Code::config_port_in_use) return fail(std::move(opened.error()));
  }
  return fail(Code::rtsp_no_ports, "no pair is free");
}

}  // namespace camfleet::net
