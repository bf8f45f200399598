#include "net/testing/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

namespace camfleet::net::testing {
namespace {

EVP_PKEY* new_key(unsigned rsa_bits) {
  auto* key = rsa_bits > 0 ? EVP_RSA_gen(rsa_bits) : EVP_EC_gen("P-256");
  if (key == nullptr) throw std::runtime_error("no key");
  return key;
}

void add(X509* certificate, int nid, const std::string& value) {
  auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  if (extension == nullptr) throw std::runtime_error("extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* new_certificate(const std::string& name, EVP_PKEY* key, long from_s, long until_s) {
  static std::atomic<long> serial{1};
  auto* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), until_s);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

template <class Write>
void to_file(const std::filesystem::path& path, mode_t mode, Write write) {
  auto* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw std::runtime_error(path.string());
  ::fchmod(fileno(file), mode);
  write(file);
  std::fclose(file);
}

}  // namespace

struct Certificates::Signer {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
};

Certificates::Certificates() : signer_(new Signer) {
  std::string name = (std::filesystem::temp_directory_path() / "camfleet-tls-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = name;
  signer_->key = new_key(0);
  signer_->certificate = new_certificate("test authority", signer_->key, -86400, 86400);
  auto* ca = signer_->certificate;
  X509_set_issuer_name(ca, X509_get_subject_name(ca));
  add(ca, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(ca, signer_->key, EVP_sha256());
  to_file(authority(), 0644, [&](FILE* file) { PEM_write_X509(file, ca); });
}

Certificates::~Certificates() {
  X509_free(signer_->certificate);
  EVP_PKEY_free(signer_->key);
  delete signer_;
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Certificates::make(const CertificateWish& wish) const {
  auto* its_key = new_key(wish.rsa_bits);
  auto* certificate = new_certificate(wish.name, its_key, wish.from_s, wish.until_s);
  const auto* issuer = wish.self_signed ? certificate : signer_->certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  std::string hosts;
  for (const auto& host : wish.hosts) hosts += (hosts.empty() ? "" : ",") + host;
  if (!hosts.empty()) add(certificate, NID_subject_alt_name, hosts);
  X509_sign(certificate, wish.self_signed ? its_key : signer_->key, EVP_sha256());
  to_file(this->certificate(wish.name), 0644, [&](FILE* file) { PEM_write_X509(file, certificate); });
  to_file(key(wish.name), 0600, [&](FILE* file) {
    PEM_write_PKCS8PrivateKey(file, its_key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  X509_free(certificate);
  EVP_PKEY_free(its_key);
}

void Certificates::encrypt_key(const std::string& name) const {
  auto* in = std::fopen(key(name).c_str(), "r");
  auto* its_key = PEM_read_PrivateKey(in, nullptr, nullptr, nullptr);
  std::fclose(in);
  to_file(key(name), 0600, [&](FILE* file) {
    PEM_write_PKCS8PrivateKey(file, its_key, EVP_aes_128_cbc(), "secret", 6, nullptr, nullptr);
  });
  EVP_PKEY_free(its_key);
}

}  // namespace camfleet::net::testing
