#include "proto/xml/node.h"

#include <charconv>
#include <cmath>

#include <pugixml.hpp>

namespace camfleet::xml {
namespace {

// No XML may hold them, some devices do.
bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

pugi::xml_node open(pugi::xml_node_struct* node) { return pugi::xml_node{node}; }

}  // namespace

std::string_view local_name(std::string_view name) {
  const auto colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

std::string_view Node::name() const { return local_name(open(node_).name()); }

Node Node::child(std::string_view path) const {
  auto found = open(node_);
  while (found && !path.empty()) {
    const auto wanted = take_until(path, '/');
    found = found.find_child([&](const pugi::xml_node& child) {
      return child.type() == pugi::node_element && local_name(child.name()) == wanted;
    });
  }
  return Node{found.internal_object()};
}

std::vector<Node> Node::children() const {
  std::vector<Node> out;
  for (const auto& child : open(node_).children()) {
    if (child.type() == pugi::node_element) out.emplace_back(child.internal_object());
  }
  return out;
}

std::vector<Node> Node::children(std::string_view name) const {
  auto out = children();
  std::erase_if(out, [&](const Node& child) { return child.name() != name; });
  return out;
}

std::string Node::attribute(std::string_view name) const {
  for (const auto& attribute : open(node_).attributes()) {
    if (local_name(attribute.name()) == name) return clean_utf8(trim(attribute.value()));
  }
  return {};
}

std::string_view Node::namespace_uri() const {
  const auto node = open(node_);
  const std::string_view name = node.name();
  const auto colon = name.rfind(':');
  const auto declaration =
      colon == std::string_view::npos ? std::string{"xmlns"} : "xmlns:" + std::string{name.substr(0, colon)};
  return node.attribute(declaration.c_str()).value();
}

std::string Node::text(std::string_view path) const {
  std::string out;
  for (const auto& piece : open(child(path).node_).children()) {
    if (piece.type() == pugi::node_pcdata || piece.type() == pugi::node_cdata) out += piece.value();
  }
  std::erase_if(out, is_control);
  return clean_utf8(trim(out));
}

std::optional<double> Node::decimal(std::string_view path) const {
  const auto value = text(path);
  double number = 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || end != value.data() + value.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

std::optional<bool> Node::flag(std::string_view path) const {
  const auto value = text(path);
  for (const auto* yes : {"true", "1", "yes", "on"}) {
    if (iequals(value, yes)) return true;
  }
  for (const auto* no : {"false", "0", "no", "off", "flase"}) {
    if (iequals(value, no)) return false;
  }
  return std::nullopt;
}

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        if (!is_control(c)) out += c;
    }
  }
  return out;
}

}  // namespace camfleet::xml
