#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/device.h"
#include "model/scope.h"

namespace camfleet::fleet {

// A choice of devices, as a caller of the API, the command line or a bulk change makes it. A device is meant
// where every field that was given holds; a field holds where one of its values does. All fields empty: all
// devices. A plain value; what it keeps is bounded, and no text in it is ever a pattern.
class DeviceFilter {
 public:
  static constexpr std::size_t kMaxValues = 64;  // of one field
  static constexpr std::size_t kMaxText = 128;   // bytes of one value, and of q

  // One parameter as it stands in a query: `state=online,degraded`, `tag=north`, `q=gate`, `driver=rtsp`,
  // `reason=net.timeout`, `id=gate-7`. Values are parted by commas, and a name may come again: both add. (A
  // tag that has a comma itself is found by its whole text too.) False: no parameter of a filter has that
  // name, and nothing changed. api.bad_request, with the name in its place: no such state, no code of the
  // catalogue, too long, too many, empty (but for q), not UTF-8, control characters; q twice.
  Result<bool> take(std::string_view name, std::string_view value);
  // The names that take() knows, for messages: "state, tag, ...".
  static std::string_view names();

  // Beside all that was given, the device must be in this scope; a null one limits nothing.
  void within(model::ScopePtr scope) { scope_ = std::move(scope); }

  bool empty() const;
  // What only the spec decides, and what changes while a device lives.
  bool matches_spec(const model::DeviceSpec& spec) const;
  bool matches_labels(const model::DeviceId& id, const std::vector<std::string>& tags) const;
  bool matches_state(model::DeviceState state, Code reason) const;
  // `facts` may be null. Text is looked for in id, name, address (or url), tags, model and serial: a part of
  // one of them, ASCII letters without regard to case, every other byte as it is.
  bool matches_text(const model::DeviceSpec& spec, const model::DeviceFacts* facts) const;
  bool matches(const model::DeviceSpec& spec, model::DeviceState state, Code reason,
               const model::DeviceFacts* facts) const {
    return matches_state(state, reason) && matches_spec(spec) && matches_text(spec, facts);
  }
  bool matches(const model::DeviceView& view) const {
    return matches(view.spec, view.state, view.reason, view.facts.get());
  }
  // Is the text of q a part of this one? True where there is none.
  bool finds(std::string_view text) const;
  bool has_text() const { return !text_.empty(); }
  bool has_state() const { return states_ != 0 || !reasons_.empty(); }

  friend bool operator==(const DeviceFilter&, const DeviceFilter&) = default;

 private:
  Result<void> add(std::vector<std::string>& to, std::string_view name, std::string_view value);

  std::uint8_t states_ = 0;  // a bit a state; none: all
  std::vector<Code> reasons_;
  std::vector<std::string> ids_;
  std::vector<std::string> tags_;
  std::vector<std::string> drivers_;
  std::string text_;  // in lower case
  bool text_given_ = false;
  model::ScopePtr scope_;
};

}  // namespace camfleet::fleet
