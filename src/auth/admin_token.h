#pragma once
#include <filesystem>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace camfleet::auth {

// The administrator's token: DATA/admin.token, 0600, 256 random bits made at the first start; or what the
// operator gave in CAMFLEET_ADMIN_TOKEN, which is then not written anywhere. Immutable, thread-safe.
class AdminToken {
 public:
  // auth.secret_unreadable: the file is empty or too long; config.exposed: others may read it (its mode is
  // the place); config.data_dir_unwritable: it cannot be made.
  static Result<AdminToken> load_or_create(const std::filesystem::path& data_dir);
  // config.invalid: shorter than 16 or longer than 512 bytes, or with blanks or control characters.
  static Result<AdminToken> given(Secret token);
  // The environment's CAMFLEET_ADMIN_TOKEN where it is set, else the file.
  static Result<AdminToken> find(const std::filesystem::path& data_dir);

  // In a time that tells nothing of the token.
  bool matches(std::string_view presented) const;
  // auth.missing: no "Authorization: Bearer ..."; auth.invalid: another token. `authorization` is the
  // header's value.
  Result<void> check(std::string_view authorization) const;
  // For the login link that is printed at the first start.
  const Secret& secret() const { return token_; }

 private:
  explicit AdminToken(Secret token) : token_(std::move(token)) {}
  Secret token_;
};

// What stands after "Bearer " in an Authorization header; empty where that is not its form.
std::string_view bearer_of(std::string_view authorization);

}  // namespace camfleet::auth
