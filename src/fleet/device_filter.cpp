#include "fleet/device_filter.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::fleet {
namespace {

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  return fail(Code::api_bad_request, std::string{name} + ": " + std::string{what});
}

Result<void> check_text(std::string_view name, std::string_view text) {
  if (text.size() > DeviceFilter::kMaxText) return wrong(name, "at most 128 bytes");
  if (!is_utf8(text)) return wrong(name, "not UTF-8");
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return wrong(name, "control characters");
  return {};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// No byte of a multi-byte character is an ASCII letter, so bytes may be compared.
bool contains(std::string_view text, std::string_view wanted) {
  return std::ranges::search(text, wanted, {}, lower).size() == wanted.size();
}

template <class Some>
bool has(const Some& some, const auto& one) {
  return std::ranges::find(some, one) != std::ranges::end(some);
}

// Of what there is, one of those that are wanted, if any are.
bool any(const std::vector<std::string>& wanted, const std::vector<std::string>& there) {
  return wanted.empty() || std::ranges::any_of(wanted, [&](const auto& one) { return has(there, one); });
}

}  // namespace

std::string_view DeviceFilter::names() { return "state, tag, q, driver, reason, id"; }

Result<void> DeviceFilter::add(std::vector<std::string>& to, std::string_view name, std::string_view value) {
  if (value.empty()) return wrong(name, "an empty value");
  if (const auto good = check_text(name, value); !good) return good;
  if (to.size() >= kMaxValues) return wrong(name, "at most 64 values");
  if (!has(to, value)) to.emplace_back(value);
  return {};
}

Result<bool> DeviceFilter::take(std::string_view name, std::string_view value) {
  if (name == "q") {
    if (std::exchange(text_given_, true)) return wrong(name, "given twice");
    if (const auto good = check_text(name, value); !good) return fail(good.error());
    text_ = to_lower(trim(value));
    return true;
  }
  const bool known = name == "state" || name == "tag" || name == "driver" || name == "reason" || name == "id";
  if (!known) return false;
  if (value.size() > kMaxValues * (kMaxText + 1)) return wrong(name, "too long");
  // Before the parts, whose check it would fail where it is longer than one value may be.
  if (name == "tag" && value.find(',') != value.npos && value.size() <= kMaxText)
    if (const auto added = add(tags_, name, value); !added) return fail(added.error());
  auto rest = value;
  do {
    const bool last = rest.find(',') == rest.npos;
    const auto one = take_until(rest, ',');
    Result<void> added;
    if (name == "state") {
      std::uint8_t bit = 0;
      for (int i = 0; i < model::kDeviceStates; ++i)
        if (one == to_text(static_cast<model::DeviceState>(i))) bit = static_cast<std::uint8_t>(1U << i);
      if (bit == 0)
        return wrong(name,
                     "wants disabled, waiting, connecting, online, degraded, backoff, rejected or locked");
      states_ |= bit;
    } else if (name == "reason") {
      const auto code = code_of(one);
      if (code == Code::ok) return wrong(name, "no code of the catalogue");
      if (reasons_.size() >= kMaxValues) return wrong(name, "at most 64 values");
      if (!has(reasons_, code)) reasons_.push_back(code);
    } else {
      added = add(name == "tag" ? tags_ : name == "driver" ? drivers_ : ids_, name, one);
    }
    if (!added) return fail(added.error());
    if (last) break;
    if (rest.empty()) return wrong(name, "an empty value");  // after the last comma
  } while (true);
  return true;
}

bool DeviceFilter::empty() const {
  return states_ == 0 && reasons_.empty() && ids_.empty() && tags_.empty() && drivers_.empty() &&
         text_.empty() && !scope_;
}

bool DeviceFilter::matches_state(model::DeviceState state, Code reason) const {
  if (states_ != 0 && (states_ & (1U << static_cast<unsigned>(state))) == 0) return false;
  return reasons_.empty() || has(reasons_, reason);
}

bool DeviceFilter::matches_labels(const model::DeviceId& id, const std::vector<std::string>& tags) const {
  return (ids_.empty() || has(ids_, id.str())) && any(tags_, tags) && model::covers(scope_, id, tags);
}

bool DeviceFilter::matches_spec(const model::DeviceSpec& spec) const {
  return matches_labels(spec.id, spec.tags) && any(drivers_, spec.drivers);
}

bool DeviceFilter::finds(std::string_view text) const { return contains(text, text_); }

bool DeviceFilter::matches_text(const model::DeviceSpec& spec, const model::DeviceFacts* facts) const {
  if (text_.empty()) return true;
  const auto found = [&](std::string_view text) { return finds(text); };
  return found(spec.id.str()) || found(spec.name) || found(spec.address) || found(spec.url) ||
         std::ranges::any_of(spec.tags, found) ||
         (facts != nullptr && (found(facts->model) || found(facts->serial)));
}

}  // namespace camfleet::fleet
