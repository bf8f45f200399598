// What an import asks of the fleet.
#include "fleet/device.h"
#include "fleet/fleet.h"
#include "fleet/sealed_password.h"

namespace camfleet::fleet {

Result<void> Fleet::check(NewDevice& device) const {
  return prepare(device, context_->drivers, parts_.guard);
}

bool Fleet::has_password(const model::DeviceId& id, const Secret& password) const {
  const auto device = find(id);
  if (!device) return false;
  const auto record = device->record();
  const auto& sealed = record->sealed_password;
  if (sealed.empty()) return password.empty();
  const auto opened = parts_.secrets.open(sealed, password_context(id));
  return opened && opened->equals(password.reveal());
}

}  // namespace camfleet::fleet
