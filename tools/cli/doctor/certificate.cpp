// The certificate of serve: whether its files fit together, and until when they hold.
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>

#include "cli/doctor/check.h"

namespace camfleet::cli::doctor {
namespace {

template <auto free>
struct Free {
  void operator()(auto* thing) const { (void)free(thing); }
};
using File = std::unique_ptr<std::FILE, Free<std::fclose>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

int no_password(char*, int, int, void*) { return 0; }  // nobody is asked at a start either

std::int64_t unix_seconds(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<std::int64_t>(::timegm(&parts)) : 0;
}

std::string day_of(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

}  // namespace

Check certificate(const Machine& machine, const Plan& plan) {
  const auto bad = [](std::string found, std::string advice) {
    return Check{"certificate", Grade::fail, std::move(found), std::move(advice)};
  };
  const File certificate_file{std::fopen(plan.tls_cert.c_str(), "re")};
  if (!certificate_file)
    return bad(plan.tls_cert.string() + " cannot be read", "run doctor as the user of the gateway");
  const Certificate certificate{PEM_read_X509(certificate_file.get(), nullptr, no_password, nullptr)};
  if (!certificate)
    return bad(plan.tls_cert.string() + " holds no certificate",
               "it has to be PEM: -----BEGIN CERTIFICATE-----");
  const auto from = unix_seconds(X509_get0_notBefore(certificate.get()));
  const auto until = unix_seconds(X509_get0_notAfter(certificate.get()));

  const File key_file{std::fopen(plan.tls_key.c_str(), "re")};
  if (!key_file)
    return bad(plan.tls_key.string() + " cannot be read",
               "--tls-key names the key; run doctor as the user of the gateway");
  struct stat about {};
  if (::fstat(::fileno(key_file.get()), &about) == 0 && (about.st_mode & 007U) != 0)
    return bad(plan.tls_key.string() + " can be read by others", "chmod 600 " + plan.tls_key.string());
  const Key key{PEM_read_PrivateKey(key_file.get(), nullptr, no_password, nullptr)};
  if (!key) return bad(plan.tls_key.string() + " holds no key that opens without a password", "");
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    return bad("the key is not that of the certificate", "name the two that belong together");

  Check check{"certificate", Grade::ok, "holds until " + day_of(until), {}};
  const auto days = (until - machine.now_unix) / 86'400;
  if (from > machine.now_unix) {
    check.grade = Grade::fail;
    check.advice = fmt::format("it begins on {}: look at the clock", day_of(from));
  } else if (until <= machine.now_unix) {
    check.grade = Grade::fail;
    check.advice = "it has expired and clients refuse it: renew it";
  } else if (days < 21) {
    check.grade = Grade::warn;
    check.advice = fmt::format("{} days are left: renew it", days);
  }
  return check;
}

}  // namespace camfleet::cli::doctor
