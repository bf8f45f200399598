#include "proto/multipart/document_end.h"

#include <algorithm>

namespace camfleet::multipart {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxBlanks = 64;  // between an end tag's name and its '>'

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

}  // namespace

std::optional<std::size_t> DocumentEnd::find(std::string_view text) {
  if (!end_) end_ = kind_ == Kind::xml ? find_xml(text) : find_json(text);
  return end_;
}

std::optional<std::size_t> DocumentEnd::find_xml(std::string_view text) {
  for (bool moved = true; moved && !end_;) {
    switch (phase_) {
      case Phase::outside:
        moved = outside(text);
        break;
      case Phase::root_tag:
        moved = root_tag(text);
        break;
      case Phase::content:
        moved = content(text);
        break;
      case Phase::until: {
        const auto found = text.find(terminator_, at_);
        moved = found != std::string_view::npos;
        if (moved) {
          at_ = found + terminator_.size();
          phase_ = Phase::outside;
        } else if (text.size() >= terminator_.size()) {
          at_ = std::max(at_, text.size() - terminator_.size() + 1);
        }
        break;
      }
    }
  }
  return end_;
}

// Before the root: declarations, comments, and whatever a device puts in front.
bool DocumentEnd::outside(std::string_view text) {
  at_ = std::min(text.find('<', at_), text.size());
  const auto tag = text.substr(at_);
  if (tag.size() < 2) return false;
  if (tag[1] == '?' || tag[1] == '!') {
    if (tag[1] == '!' && tag.size() < 4) return false;
    terminator_ = tag[1] == '?' ? "?>" : tag.starts_with("<!--") ? "-->" : ">";
    at_ += tag.starts_with("<!--") ? 4 : 2;
    phase_ = Phase::until;
    return true;
  }
  if (!begins_name(tag[1])) {
    ++at_;
    return true;
  }
  // Both bounds hold for what is here already as for what is still to come, or a document would end elsewhere
  // for being read in other pieces.
  const auto end = tag.substr(0, kMaxName + 1).find_first_of(" \t\r\n/>", 1);
  if (end == std::string_view::npos) {
    if (tag.size() > kMaxName) ++at_;
    return tag.size() > kMaxName;
  }
  root_ = tag.substr(1, end - 1);
  at_ += end;
  phase_ = Phase::root_tag;
  return true;
}

bool DocumentEnd::root_tag(std::string_view text) {
  for (; at_ < text.size(); ++at_) {
    const char c = text[at_];
    if (quote_ != 0) {
      if (c == quote_) quote_ = 0;
    } else if (c == '"' || c == '\'') {
      quote_ = c;
    } else if (c == '>') {
      if (text[at_ - 1] == '/') end_ = at_ + 1;
      ++at_;
      phase_ = Phase::content;
      return true;
    }
  }
  return false;
}

bool DocumentEnd::content(std::string_view text) {
  const auto found = text.find("</", at_);
  if (found == std::string_view::npos) {
    if (!text.empty()) at_ = std::max(at_, text.size() - 1);
    return false;
  }
  at_ = found;
  const auto tag = text.substr(found + 2);
  const auto compared = std::min(tag.size(), root_.size());
  if (tag.substr(0, compared) != std::string_view{root_}.substr(0, compared)) {
    at_ += 2;
    return true;
  }
  const auto close = tag.substr(0, root_.size() + kMaxBlanks + 1).find_first_not_of(kBlanks, root_.size());
  if (close == std::string_view::npos) {
    if (tag.size() <= root_.size() + kMaxBlanks) return false;  // the rest is on its way
    at_ += 2;
    return true;
  }
  if (tag[close] == '>') end_ = found + 2 + close + 1;
  at_ += 2;
  return true;
}

std::optional<std::size_t> DocumentEnd::find_json(std::string_view text) {
  for (; at_ < text.size(); ++at_) {
    const char c = text[at_];
    if (quote_ != 0) {
      if (escaped_)
        escaped_ = false;
      else if (c == '\\')
        escaped_ = true;
      else if (c == '"')
        quote_ = 0;
    } else if (c == '"' && depth_ > 0) {
      quote_ = c;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0 && --depth_ == 0) {
      return ++at_;
    }
  }
  return std::nullopt;
}

}  // namespace camfleet::multipart
