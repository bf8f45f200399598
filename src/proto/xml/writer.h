#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "proto/xml/node.h"

namespace camfleet::xml {

// Writes elements line by line, without indentation, as devices do. Texts and attributes are escaped.
class Writer {
 public:
  using Attributes = std::vector<std::pair<std::string_view, std::string>>;
  explicit Writer(std::string_view newline = "\n") : newline_(newline) {}

  void declaration() { line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"); }
  void open(std::string_view name, const Attributes& attributes = {}) {
    std::string tag = "<" + std::string{name};
    for (const auto& [key, value] : attributes) tag += fmt::format(" {}=\"{}\"", key, escape(value));
    line(tag + ">");
    open_.emplace_back(name);
  }
  void close() {
    line("</" + open_.back() + ">");
    open_.pop_back();
  }
  void element(std::string_view name, std::string_view text) {
    line(fmt::format("<{0}>{1}</{0}>", name, escape(text)));
  }
  void element(std::string_view name, bool value) {
    element(name, std::string_view{value ? "true" : "false"});
  }
  void element(std::string_view name, std::integral auto value) {
    element(name, std::string_view{std::to_string(value)});
  }
  void element(std::string_view name, const char* text) { element(name, std::string_view{text}); }
  // Nothing where the text is empty.
  void optional(std::string_view name, std::string_view text) {
    if (!text.empty()) element(name, text);
  }
  std::string take() { return std::move(out_); }

 private:
  void line(std::string_view text) { out_.append(text).append(newline_); }
  std::string newline_;
  std::string out_;
  std::vector<std::string> open_;
};

}  // namespace camfleet::xml
