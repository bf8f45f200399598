#pragma once
#include <filesystem>

#include "auth/secret_key.h"
#include "base/result.h"

namespace camfleet::auth {

// Finds the key of an installation without ever losing one by accident. A data directory that was in use
// (`used`: its registry is there) and has no key, or another key than the one it was used with, is refused:
// a key made in silence would leave the passwords of the whole fleet unreadable. Whether the key is the right
// one is told by DATA/key.check, a text sealed with it, which is copied with every backup.
//
// `accept_new`: the operator knows that the old key is lost. A missing key is then made, another one taken;
// sealed passwords stay unreadable until they are entered again.
//
// auth.key_missing, auth.key_wrong, and what SecretKey::load_or_create says.
Result<SecretKey> find_key(const std::filesystem::path& data_dir, bool used, bool accept_new);

}  // namespace camfleet::auth
