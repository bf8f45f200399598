#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::auth {

// Files that only their owner may read.

// Nothing where there is no such file. config.exposed: its mode lets others in. auth.secret_unreadable: it is
// longer than `most` bytes, or no plain file. The place has the path and the reason. The caller wipes what it
// gets.
Result<std::optional<std::string>> read_private(const std::filesystem::path& file, std::size_t most);

// What read_private() said, as of a list that we keep: storage.failed, but for config.exposed.
Error of_a_list(const Error& error);

// Makes the file with mode 0600, whole and synced, or not at all; false where it is there already (another
// process was quicker). config.data_dir_unwritable.
Result<bool> create_private(const std::filesystem::path& file, std::string_view content);

// As create_private, but takes the place of what is there, at one stroke.
Result<void> replace_private(const std::filesystem::path& file, std::string_view content);

// At the end of a file that is there, synced; where it fails, a part may have been written.
// config.data_dir_unwritable.
Result<void> append_private(const std::filesystem::path& file, std::string_view content);

}  // namespace camfleet::auth
