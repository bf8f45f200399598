#include "proto/isapi/root.h"

#include <algorithm>

#include "proto/isapi/response_status.h"

namespace camfleet::isapi {

Result<xml::Document> open_document(std::string_view body, std::initializer_list<std::string_view> roots) {
  auto document = xml::parse(body);
  if (!document) {
    auto error = std::move(document.error());
    if (error.code == Code::xml_invalid) error.code = Code::device_unexpected_answer;
    return fail(std::move(error));
  }
  const auto name = document->root().name();
  if (std::ranges::find(roots, name) != roots.end()) return document;
  if (name == "ResponseStatus") {
    const auto status = parse_response_status(body);
    auto code = status ? code_of(classify(*status)) : Code::ok;
    if (code == Code::ok) code = Code::device_unexpected_answer;
    return fail(code, status ? status->sub_status : std::string{});
  }
  return fail(Code::device_unexpected_answer, "root " + clean_utf8(name.substr(0, 64)));
}

std::vector<xml::Node> items(const xml::Document& document, std::string_view name) {
  const auto root = document.root();
  if (root.name() == name) return {root};
  return root.children(name);
}

}  // namespace camfleet::isapi
