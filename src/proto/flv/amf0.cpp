#include "proto/flv/amf0.h"

#include <bit>
#include <cstdint>

namespace camfleet::flv::amf0 {
namespace {

constexpr std::uint8_t kNumber = 0, kBoolean = 1, kString = 2, kEcmaArray = 8, kObjectEnd = 9;

void append_text(Bytes& out, std::string_view text) {
  text = text.substr(0, 0xFFFF);
  out.resize(out.size() + 2);
  store16(&out[out.size() - 2], static_cast<std::uint16_t>(text.size()));
  const auto bytes = as_bytes(text);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

void append_string(Bytes& out, std::string_view text) {
  out.push_back(kString);
  append_text(out, text);
}

Object::Object(Bytes& out) : out_(out), count_at_(out.size() + 1) {
  out_.push_back(kEcmaArray);
  out_.resize(out_.size() + 4);
}

void Object::member(std::string_view name) {
  ++count_;
  append_text(out_, name);
}

void Object::number(std::string_view name, double value) {
  member(name);
  out_.push_back(kNumber);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 56; shift >= 0; shift -= 8) out_.push_back(static_cast<std::uint8_t>(bits >> shift));
}

void Object::boolean(std::string_view name, bool value) {
  member(name);
  out_.push_back(kBoolean);
  out_.push_back(value ? 1 : 0);
}

void Object::end() {
  store32(&out_[count_at_], count_);
  append_text(out_, {});
  out_.push_back(kObjectEnd);
}

}  // namespace camfleet::flv::amf0
