#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace pugi {
struct xml_node_struct;
}

namespace camfleet::xml {

// An element, or none: asking none for anything gives nothing, so a path of missing elements needs no test.
// Names are local names; whatever namespace or prefix a device uses is ignored. A handle: copying it is free.
class Node {
 public:
  Node() = default;
  explicit Node(pugi::xml_node_struct* node) : node_(node) {}
  explicit operator bool() const { return node_ != nullptr; }

  std::string_view name() const;  // without prefix
  // The first element at "a/b/c" below this one; this one itself for "".
  Node child(std::string_view path) const;
  std::vector<Node> children() const;
  std::vector<Node> children(std::string_view name) const;  // direct ones
  std::string attribute(std::string_view name) const;
  std::string_view namespace_uri() const;  // the xmlns of this element, if it declares one

  // The text of the element at `path`: its pieces joined, without control characters, trimmed, valid UTF-8.
  std::string text(std::string_view path = {}) const;
  // Nothing where the element is missing, empty, not a decimal number, or too large for T.
  template <std::integral T = int>
  std::optional<T> number(std::string_view path = {}) const {
    return parse_int<T>(text(path));
  }
  template <std::integral T = int>
  T integer(std::string_view path, T otherwise = {}) const {
    return number<T>(path).value_or(otherwise);
  }
  // Finite decimals ("36.400002").
  std::optional<double> decimal(std::string_view path = {}) const;
  // true, 1, yes, on in any case; false, 0, no, off (and the devices' own "flase"); otherwise nothing.
  std::optional<bool> flag(std::string_view path = {}) const;
  bool boolean(std::string_view path, bool otherwise = false) const { return flag(path).value_or(otherwise); }

 private:
  pugi::xml_node_struct* node_ = nullptr;
};

// The element names' own part: "ns0:name" is "name".
std::string_view local_name(std::string_view name);

// `text` between tags or in an attribute: & < > " ' as entities, control characters left out.
std::string escape(std::string_view text);

}  // namespace camfleet::xml
