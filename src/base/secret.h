#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace camfleet {

// A text that must not be seen: it cannot be printed, formatted or compared by accident, and its bytes are
// wiped when it ends. Copies are explicit. Not thread-safe.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  Secret copy() const { return Secret{text_}; }
  bool empty() const { return text_.empty(); }
  // The plain text, for the one call that needs it; lives as long as this object.
  std::string_view reveal() const { return text_; }
  // In a time that does not depend on where they differ.
  bool equals(std::string_view other) const;

 private:
  void wipe();
  std::string text_;
};

// Overwrites the text's bytes, its spare capacity too, in a way the compiler may not leave out.
void wipe(std::string& text);

}  // namespace camfleet
