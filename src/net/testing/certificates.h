#pragma once
// Certificates made on the spot, for tests: an authority, and what it signs. In files of a directory that
// goes with the object.
#include <filesystem>
#include <string>
#include <vector>

namespace camfleet::net::testing {

struct CertificateWish {
  std::string name = "leaf";  // of its files: leaf.pem, leaf.key
  std::vector<std::string> hosts{"DNS:localhost", "IP:127.0.0.1"};
  long from_s = -3600;  // seconds from now
  long until_s = 3600;
  bool self_signed = false;
  unsigned rsa_bits = 0;  // 0: P-256
};

class Certificates {
 public:
  Certificates();
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  ~Certificates();

  std::filesystem::path directory() const { return directory_; }
  std::filesystem::path authority() const { return directory_ / "ca.pem"; }
  std::filesystem::path certificate(const std::string& name = "leaf") const {
    return directory_ / (name + ".pem");
  }
  std::filesystem::path key(const std::string& name = "leaf") const { return directory_ / (name + ".key"); }
  // Writes both files; the key is 0600.
  void make(const CertificateWish& wish) const;
  // The key in name.key, encrypted with a passphrase, in place.
  void encrypt_key(const std::string& name) const;

 private:
  struct Signer;
  std::filesystem::path directory_;
  Signer* signer_;
};

}  // namespace camfleet::net::testing
