#pragma once
#include <initializer_list>
#include <string_view>

#include "proto/xml/document.h"

namespace camfleet::isapi {

// The document whose root has one of these names. A ResponseStatus in its place is the error that it tells;
// another root, or what is no XML, is device_unexpected_answer; xml_dtd_refused and xml_too_large stay.
Result<xml::Document> open_document(std::string_view body, std::initializer_list<std::string_view> roots);

// The elements of that name: the root itself, or those of the list that the root is.
std::vector<xml::Node> items(const xml::Document& document, std::string_view name);

}  // namespace camfleet::isapi
