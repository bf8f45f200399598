#include "proto/xml/document.h"

#include <pugixml.hpp>

#include "proto/xml/encoding.h"
#include "proto/xml/prescan.h"

namespace camfleet::xml {

Document::Document() : document_(std::make_unique<pugi::xml_document>()) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Node Document::root() const { return Node{document_->document_element().internal_object()}; }

Result<Document> parse(std::string_view bytes) {
  if (bytes.size() > kMaxSize) return fail(Code::xml_too_large, "size");
  Document document;
  auto text = to_utf8(bytes, document.transcoded_);
  auto scan = prescan(text);
  if (!scan && scan.error().code != Code::xml_invalid) return fail(scan.error());

  const auto load = [&] {
    const auto from = std::string_view{text}.substr(scan ? scan->root : 0);
    const auto loaded =
        document.document_->load_buffer(from.data(), from.size(), pugi::parse_default, pugi::encoding_utf8);
    return loaded && document.document_->document_element() ? loaded.offset : -1;
  };
  if (scan && !scan->stray_less && load() >= 0) {
    // pugixml leaves an ampersand that begins no entity as it is.
    document.lenient_ = scan->stray_ampersand;
    return document;
  }

  text = mend(text);
  scan = prescan(text);
  if (!scan) return fail(scan.error());
  document.lenient_ = true;
  if (load() < 0) return fail(Code::xml_invalid);
  return document;
}

}  // namespace camfleet::xml
