#include "net/tls_pair.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/text.h"

namespace camfleet::net {
namespace {

constexpr std::size_t kLargest = 1024 * 1024;
constexpr std::size_t kLongestChain = 16;

template <auto free>
struct Freer {
  template <class T>
  void operator()(T* what) const {
    free(what);
  }
};
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;

class File {
 public:
  explicit File(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

Result<Secret> read(const std::filesystem::path& path, bool is_key) {
  const auto wrong = [&path](std::string_view why) {
    return fail(Code::tls_unreadable, path.string() + ": " + std::string{why});
  };
  const File file{path};
  if (file.fd() < 0) return wrong(std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  struct stat about {};
  if (::fstat(file.fd(), &about) != 0) return wrong(std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  if (!S_ISREG(about.st_mode)) return wrong("no regular file");
  if (static_cast<std::size_t>(about.st_size) > kLargest) return wrong("over 1 MiB");
  // A group may read it (ssl-cert); nobody else may, and nobody else may put another one there.
  if (is_key && (about.st_mode & (S_IRWXO | S_IWGRP)) != 0) return fail(Code::tls_key_exposed, path.string());
  std::string text(kLargest + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file.fd(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return wrong(std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  Secret content{std::string{std::string_view{text}.substr(0, size)}};
  wipe(text);
  if (trim(content.reveal()).empty()) return wrong("is empty");
  return content;
}

Bio memory(const Secret& content) {
  return Bio{BIO_new_mem_buf(content.reveal().data(), static_cast<int>(content.reveal().size()))};
}

std::string last_reason() {
  const auto error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "not usable" : reason;
}

Result<std::vector<Certificate>> certificates(const Secret& content, const std::filesystem::path& path) {
  const auto wrong = [&path](const std::string& why) {
    return fail(Code::tls_bad_certificate, path.string() + ": " + why);
  };
  const auto bio = memory(content);
  std::vector<Certificate> chain;
  for (;;) {
    Certificate one{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
    if (!one) break;
    chain.push_back(std::move(one));
    if (chain.size() > kLongestChain) return wrong("more than 16 certificates");
  }
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!ended) return wrong("a certificate in it cannot be read: " + last_reason());
  ERR_clear_error();
  if (chain.empty()) return wrong("has no certificate in PEM");
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (X509_check_issued(chain[i].get(), chain[i - 1].get()) != X509_V_OK)
      return wrong("certificate " + std::to_string(i + 1) + " in it did not issue certificate " +
                   std::to_string(i));
  return chain;
}

int no_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

Result<Key> private_key(const Secret& content, const std::filesystem::path& path) {
  const auto bio = memory(content);
  bool encrypted = false;
  Key key{PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, &encrypted)};
  if (encrypted) return fail(Code::tls_key_encrypted, path.string());
  if (!key) return fail(Code::tls_bad_key, path.string() + ": has no private key in PEM");
  return key;
}

std::chrono::system_clock::time_point time_of(const ASN1_TIME* at) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(at, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string subject_of(X509* certificate) {
  const Bio out{BIO_new(BIO_s_mem())};
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return clean_utf8({text, static_cast<std::size_t>(size)});
}

std::string digest_of(const Secret& certificate, const Secret& key) {
  std::array<std::uint8_t, 32> digest{};
  const std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>> hash{EVP_MD_CTX_new()};
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  EVP_DigestUpdate(hash.get(), certificate.reveal().data(), certificate.reveal().size());
  EVP_DigestUpdate(hash.get(), key.reveal().data(), key.reveal().size());
  EVP_DigestFinal_ex(hash.get(), digest.data(), nullptr);
  return to_hex(digest);
}

}  // namespace

Result<TlsPair> load_tls_pair(const TlsFiles& files) {
  ERR_clear_error();
  auto certificate = read(files.certificate, false);
  if (!certificate) return fail(certificate.error());
  auto key_text = read(files.key, true);
  if (!key_text) return fail(key_text.error());
  auto chain = certificates(*certificate, files.certificate);
  if (!chain) return fail(chain.error());
  auto key = private_key(*key_text, files.key);
  if (!key) return fail(key.error());

  TlsPair pair;
  pair.context = make_tls_context(true);
  if (!pair.context) return fail(Code::tls_handshake_failed, "out of memory");
  auto* context = pair.context.get();
  auto* leaf = chain->front().get();
  ERR_clear_error();
  if (X509_check_private_key(leaf, key->get()) != 1) {
    ERR_clear_error();
    return fail(Code::tls_key_mismatch, files.key.string() + " and " + files.certificate.string());
  }
  if (SSL_CTX_use_certificate(context, leaf) != 1)
    return fail(Code::tls_bad_certificate, files.certificate.string() + ": " + last_reason());
  if (SSL_CTX_use_PrivateKey(context, key->get()) != 1)
    return fail(Code::tls_bad_key, files.key.string() + ": " + last_reason());
  for (std::size_t i = 1; i < chain->size(); ++i)
    if (SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) != 1)
      return fail(Code::tls_bad_certificate, files.certificate.string() + ": " + last_reason());
  pair.subject = subject_of(leaf);
  pair.digest = digest_of(*certificate, *key_text);
  pair.not_before = time_of(X509_get0_notBefore(leaf));
  pair.not_after = time_of(X509_get0_notAfter(leaf));
  return pair;
}

}  // namespace camfleet::net
