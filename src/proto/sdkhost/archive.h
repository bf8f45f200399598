#pragma once
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// How values become bytes between the gateway and its hosts, and back: little-endian, a text with its length
// before it. Both sides are of one build; what is read is still not trusted.
namespace camfleet::sdkhost {

template <class T>
concept Number = std::integral<T> || std::is_enum_v<T>;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

 private:
  template <Number T>
  void put(T value) {
    auto bits = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof value; ++i, bits >>= 8) out_.push_back(static_cast<char>(bits & 0xFF));
  }
  void put(const std::string& text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }
  template <class T>
  void put(const std::vector<T>& list) {
    put(static_cast<std::uint32_t>(list.size()));
    for (const auto& one : list) put(one);
  }
  template <class T>
  requires std::is_class_v<T>
  void put(const T& value) {
    const_cast<T&>(value).fields(*this);  // the same list serves reading
  }
  std::string& out_;
};

// After the first thing that does not fit all values are empty and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  // Everything was there, and nothing more.
  bool whole() const { return ok_ && in_.empty(); }

 private:
  template <Number T>
  void get(T& value) {
    std::uint64_t bits = 0;
    const auto bytes = take(sizeof value);
    for (std::size_t i = bytes.size(); i-- > 0;) bits = bits << 8 | static_cast<std::uint8_t>(bytes[i]);
    if constexpr (std::is_same_v<T, bool>)
      value = bits != 0;
    else
      value = static_cast<T>(bits);
  }
  void get(std::string& text) {
    std::uint32_t size = 0;
    get(size);
    text = take(size);
  }
  template <class T>
  void get(std::vector<T>& list) {
    std::uint32_t size = 0;
    get(size);
    if (size > kMostItems) ok_ = false;
    list.clear();
    for (std::uint32_t i = 0; ok_ && i < size; ++i) get(list.emplace_back());
  }
  template <class T>
  requires std::is_class_v<T>
  void get(T& value) { value.fields(*this); }
  std::string_view take(std::size_t size) {
    if (!ok_ || size > in_.size()) {
      ok_ = false;
      return {};
    }
    const auto part = in_.substr(0, size);
    in_.remove_prefix(size);
    return part;
  }

  static constexpr std::uint32_t kMostItems = 256;
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace camfleet::sdkhost
