#include "base/secret.h"

#include <string.h>

#include <array>
#include <cstring>

namespace camfleet {
namespace {

// memmove leaves what it moved last in the vector registers, where a dump of an idle thread shows it. Zeros
// moved the same way take its place.
void forget_registers() {
  static constexpr std::size_t kAll = 512;  // eight of the widest
  static std::array<char, kAll> from{};
  std::array<char, kAll> to;          // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the move
  auto* volatile target = to.data();  // volatile: the compiler must not know what is moved
  const auto* volatile source = from.data();
  std::memmove(target, source, kAll);
}

}  // namespace

void wipe(std::string& text) {
  text.resize(text.capacity());
  ::explicit_bzero(text.data(), text.size());
  text.clear();
  forget_registers();
}

// NOLINTNEXTLINE(performance-move-constructor-init): a moved short string would leave its bytes behind
Secret::Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = other.text_;  // a moved short string would leave its bytes behind
    other.wipe();
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() { camfleet::wipe(text_); }

bool Secret::equals(std::string_view other) const {
  if (text_.size() != other.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < other.size(); ++i)
    difference |= static_cast<unsigned char>(text_[i]) ^ static_cast<unsigned char>(other[i]);
  return difference == 0;
}

}  // namespace camfleet
