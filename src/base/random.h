#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace camfleet {

// From the kernel (getrandom): for keys, nonces, ids. Aborts where the kernel gives none.
void random_bytes(std::span<std::uint8_t> out);
// 2 * `bytes` lower-case hexadecimal digits.
std::string random_hex(std::size_t bytes);

// SplitMix64: quick, repeatable from its seed, not for secrets. For jitter and for the simulator.
class Rng {
 public:
  using result_type = std::uint64_t;
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return UINT64_MAX; }
  result_type operator()();
  // Uniform in [0, bound); 0 where bound is 0.
  std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1).
  double unit();

 private:
  std::uint64_t state_;
};

}  // namespace camfleet
