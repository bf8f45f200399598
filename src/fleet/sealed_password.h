#pragma once
#include <string>

#include "model/driver.h"
#include "model/ports.h"

namespace camfleet::fleet {

// Binds a sealed password to its device, so that it opens nowhere else.
inline std::string password_context(const model::DeviceId& id) { return "device/" + id.str() + "/password"; }

// The password of a device as it rests: only the ciphertext stays in memory. Outlived by the box.
class SealedPassword final : public model::PasswordSource {
 public:
  SealedPassword(const model::SecretBox& box, const model::DeviceRecord& record)
      : box_(box), sealed_(record.sealed_password), context_(password_context(record.spec.id)) {}
  Result<Secret> open() const override { return sealed_.empty() ? Secret{} : box_.open(sealed_, context_); }

 private:
  const model::SecretBox& box_;
  std::string sealed_;
  std::string context_;
};

}  // namespace camfleet::fleet
