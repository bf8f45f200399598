#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace camfleet::multipart {

// Finds where the first XML or JSON document of a growing text ends, looking at each byte once. It does not
// judge the document; an XML root is taken for closed at the first end tag of its name.
class DocumentEnd {
 public:
  enum class Kind : std::uint8_t { xml, json };
  DocumentEnd() = default;
  explicit DocumentEnd(Kind kind) : kind_(kind) {}

  // `text` begins with what was given before. The offset behind the document, once it is there.
  std::optional<std::size_t> find(std::string_view text);

 private:
  enum class Phase : std::uint8_t { outside, until, root_tag, content };
  std::optional<std::size_t> find_xml(std::string_view text);
  std::optional<std::size_t> find_json(std::string_view text);
  bool outside(std::string_view text);  // each: true if it moved on
  bool root_tag(std::string_view text);
  bool content(std::string_view text);

  Kind kind_ = Kind::xml;
  Phase phase_ = Phase::outside;
  std::size_t at_ = 0;  // looked at so far
  std::string_view terminator_;
  std::string root_;
  std::optional<std::size_t> end_;
  char quote_ = 0;
  std::size_t depth_ = 0;
  bool escaped_ = false;
};

}  // namespace camfleet::multipart
