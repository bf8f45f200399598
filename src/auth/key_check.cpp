#include "auth/key_check.h"

#include "auth/private_file.h"
#include "auth/sealed_box.h"
#include "base/log.h"

namespace camfleet::auth {
namespace {

constexpr std::string_view kContext = "key-check";
constexpr std::string_view kText = "camfleet";
constexpr std::size_t kMost = 1024;
constexpr const char* kAdvice =
    ": put back the secret.key that belongs to this data directory, or start once with --new-key and enter "
    "the "
    "passwords again";

}  // namespace

Result<SecretKey> find_key(const std::filesystem::path& data_dir, bool used, bool accept_new) {
  const auto file = data_dir / "secret.key";
  const auto check_file = data_dir / "key.check";
  std::error_code ec;
  const bool there = std::filesystem::exists(std::filesystem::symlink_status(file, ec));
  if (!there && used && !accept_new) return fail(Code::auth_key_missing, file.string() + kAdvice);
  auto key = SecretKey::load_or_create(data_dir);
  if (!key) return key;

  const SealedBox box{*key};
  const auto check = read_private(check_file, kMost);
  if (!check) return fail(check.error());
  if (*check) {
    if (box.open(**check, kContext)) return key;
    if (!accept_new) return fail(Code::auth_key_wrong, file.string() + kAdvice);
    log::warn("auth.key_replaced", {{"file", file.string()}});
  }
  const auto kept = replace_private(check_file, box.seal(Secret{std::string{kText}}, kContext));
  if (!kept) return fail(kept.error());
  return key;
}

}  // namespace camfleet::auth
