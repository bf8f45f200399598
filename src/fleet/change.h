#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "fleet/new_device.h"
#include "model/device.h"

namespace camfleet::fleet {

// What an operator changes of a device: the fields that are there, and no others. The id never changes.
struct DevicePatch {
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> drivers;
  std::optional<std::string> address;
  std::optional<std::uint16_t> http_port;
  std::optional<std::uint16_t> https_port;
  std::optional<std::uint16_t> rtsp_port;
  std::optional<std::uint16_t> sdk_port;
  std::optional<std::string> sdk_login;
  std::optional<bool> sdk_tls;
  std::optional<std::string> username;
  Secret password;                 // empty: unchanged
  bool no_password = false;        // takes it away
  std::optional<std::string> url;  // a user and password inside it move to `username` and the secret
  std::optional<std::string> transport;
  std::optional<std::string> timezone;
  std::optional<std::vector<std::string>> tags;
  std::vector<std::string> add_tags;  // after `tags`; one that is there already stays where it is
  std::vector<std::string> remove_tags;
  std::optional<bool> enabled;
  std::optional<bool> always_on;
  // Whatever device answers next is the right one. An address that changes does not say so by itself: the
  // same camera may have moved, and where another answers, an operator should hear of it.
  bool accept_identity = false;

  DevicePatch copy() const;
};
// The device as it is after the patch, not yet tidied and checked: prepare() does that. Its password is the
// patch's.
NewDevice patched(const model::DeviceSpec& spec, DevicePatch patch);
// Whether a session of one is a session of the other: all but name, timezone, tags, enabled and always_on.
bool same_reach(const model::DeviceSpec& a, const model::DeviceSpec& b);
// All of `device`: what it leaves out gets its default, but for an empty password, which changes nothing.
DevicePatch whole(NewDevice device);

struct AddDevice {
  NewDevice device;
};
struct EditDevice {
  model::DeviceId id;
  DevicePatch patch;
  std::optional<std::uint64_t> if_revision;  // api.precondition_failed where it has another by now
};
struct RemoveDevice {
  model::DeviceId id;
  std::optional<std::uint64_t> if_revision;
};
using Change = std::variant<AddDevice, EditDevice, RemoveDevice>;

enum class Atomicity : std::uint8_t {
  each,  // each change stands for itself: what can be done is done
  all    // where one is refused, nothing is done
};

enum class Effect : std::uint8_t {
  none,  // it is so already: neither the registry nor the revision moved
  added,
  edited,       // its session and its viewers did not notice
  reconnected,  // how it is reached or logged in to changed: it connects anew, through admission
  enabled,
  disabled,
  removed
};
std::string_view to_text(Effect effect);

struct Changed {
  model::DeviceViewPtr device;  // as it was before, where it was removed
  Effect effect = Effect::none;
};
using ChangeResult = Result<Changed>;

}  // namespace camfleet::fleet
