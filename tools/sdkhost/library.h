#pragma once
#include <expected>
#include <filesystem>
#include <string>

#include "proto/sdkhost/message.h"
#include "sdkhost/abi.h"

namespace camfleet::sdkhost {

// The vendor's library, loaded for good: it is not clean to unload.
struct Library {
  abi::Functions call;
  std::string missing;  // functions that are optional and not there, separated by blanks

  struct Failure {
    Outcome outcome = Outcome::unreadable;
    std::uint32_t error = 0;
    std::string text;
  };
  // Loads libhcnetsdk.so of the directory with what it needs from there, its symbols seen by nobody else.
  // Changes the working directory to it: old versions look for their parts there.
  static std::expected<Library, Failure> load(const std::filesystem::path& directory);
  // Says where its parts are, how much it is to hold and how it is to behave, and starts it.
  std::expected<InitResult, Failure> start(const Init& init);

  std::uint32_t error() const { return call.NET_DVR_GetLastError(); }
  // What the library says of an error; may be empty. Not one of its texts has been seen with a secret in it.
  std::string text_of(std::uint32_t number) const;
};

}  // namespace camfleet::sdkhost
