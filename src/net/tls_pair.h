#pragma once
#include <chrono>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "net/tls_context.h"

namespace camfleet::net {

// A certificate with its chain, and the key that belongs to it: PEM files, or links to such.
struct TlsFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
  friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

// What was read from such files and found to fit together.
struct TlsPair {
  TlsContext context;
  std::string subject;  // as OpenSSL prints it, for the log
  std::string digest;   // SHA-256 of all that is in both files
  std::chrono::system_clock::time_point not_before;
  std::chrono::system_clock::time_point not_after;
};

// Reads both files, once each, and checks that every certificate was issued by the next one, that the key is
// the first one's, is not encrypted, and cannot be read by others or written by the group. Blocking.
// tls.unreadable, tls.bad_certificate, tls.bad_key, tls.key_encrypted, tls.key_exposed, tls.key_mismatch; the
// place names the file. The time is not looked at.
Result<TlsPair> load_tls_pair(const TlsFiles& files);

}  // namespace camfleet::net
