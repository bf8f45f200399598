#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

#include "base/bytes.h"

namespace camfleet {

void random_bytes(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const auto got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) std::abort();
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::string random_hex(std::size_t bytes) {
  Bytes raw(bytes);
  random_bytes(raw);
  return to_hex(raw);
}

Rng::result_type Rng::operator()() {
  auto z = state_ += 0x9E3779B97F4A7C15;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

std::uint64_t Rng::below(std::uint64_t bound) {
  // Lemire's multiply and shift; the bias of at most bound / 2^64 does not matter here.
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(static_cast<Wide>((*this)()) * bound >> 64);
}

double Rng::unit() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

}  // namespace camfleet
