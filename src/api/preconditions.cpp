#include "api/preconditions.h"

#include "base/text.h"

namespace camfleet::api {
namespace {

// One entity tag off the front; nullopt where there is none. A weak one comes without a value, for If-Match
// compares strongly.
struct Tag {
  std::string_view opaque;
  bool weak = false;
};
std::optional<Tag> take_tag(std::string_view& text) {
  Tag tag;
  tag.weak = text.starts_with("W/");
  if (tag.weak) text.remove_prefix(2);
  if (!text.starts_with('"')) return std::nullopt;
  const auto end = text.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  tag.opaque = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return tag;
}

}  // namespace

std::string etag_of(const model::DeviceView& view) { return '"' + std::to_string(view.revision) + '"'; }

Result<void> check_if_match(std::string_view header, std::uint64_t revision) {
  header = trim(header);
  if (header.empty() || header == "*") return {};
  const auto ours = std::to_string(revision);
  bool holds = false;
  while (!header.empty()) {
    const auto tag = take_tag(header);
    if (!tag) return fail(Code::api_bad_request, "If-Match: wants quoted tags, or *");
    holds = holds || (!tag->weak && tag->opaque == ours);
    header = trim(header);
    if (header.empty()) break;
    if (!header.starts_with(',')) return fail(Code::api_bad_request, "If-Match: wants quoted tags, or *");
    header.remove_prefix(1);
    header = trim(header);
    if (header.empty()) return fail(Code::api_bad_request, "If-Match: wants quoted tags, or *");
  }
  if (holds) return {};
  return fail(Code::api_precondition_failed, "revision: is " + ours + " by now");
}

bool names_etag(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    auto one = trim(take_until(header, ','));
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag) return true;
  }
  return false;
}

}  // namespace camfleet::api
