#pragma once
#include <filesystem>
#include <string>

#include "base/result.h"

namespace camfleet::auth {

// SHA-256 of a file in hexadecimal, as sha256sum prints it. Reads it whole, in pieces; blocking.
// storage.failed: it cannot be read.
Result<std::string> sha256_of(const std::filesystem::path& file);

}  // namespace camfleet::auth
