#pragma once
#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace camfleet {

// A text that names one kind of thing, so that a device id is not taken for a channel's name.
template <class Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string text) : text_(std::move(text)) {}
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend auto operator<=>(const StrongId&, const StrongId&) = default;

 private:
  std::string text_;
};

}  // namespace camfleet

template <class Tag>
struct std::hash<camfleet::StrongId<Tag>> {
  std::size_t operator()(const camfleet::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
