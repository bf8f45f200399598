#pragma once
#include <memory>
#include <string_view>

#include "base/result.h"
#include "proto/xml/node.h"

namespace pugi {
class xml_document;
}

namespace camfleet::xml {

inline constexpr std::size_t kMaxSize = 1024 * 1024;
inline constexpr int kMaxDepth = 64;
inline constexpr int kMaxAttributes = 64;  // of one element

// A parsed XML text of a device; nodes live as long as it.
class Document {
 public:
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  Node root() const;
  // The text was not XML: a blank `&` or `<` stood in it and was taken for text.
  bool lenient() const { return lenient_; }
  // The bytes were not UTF-8.
  bool transcoded() const { return transcoded_; }

 private:
  friend Result<Document> parse(std::string_view bytes);
  Document();
  std::unique_ptr<pugi::xml_document> document_;
  bool lenient_ = false;
  bool transcoded_ = false;
};

// Before the parser sees it, size, depth and attributes are checked without recursion. Any DOCTYPE is
// xml_dtd_refused, too much is xml_too_large, the rest xml_invalid. Text before the root and after it is
// ignored.
Result<Document> parse(std::string_view bytes);

}  // namespace camfleet::xml
