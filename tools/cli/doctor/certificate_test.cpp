#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>

#include "cli/doctor/check.h"

namespace camfleet::cli::doctor {
namespace {

constexpr std::int64_t kNow = 1'795'000'000;
constexpr std::int64_t kDay = 86'400;

// A self-signed certificate that holds for so many days from kNow, and its key, as two files.
void make(const Plan& plan, std::int64_t from_days, std::int64_t until_days) {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), kNow + from_days * kDay);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), kNow + until_days * kDay);
  X509_set_pubkey(certificate.get(), key.get());
  ASSERT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  auto* file = std::fopen(plan.tls_cert.c_str(), "w");
  PEM_write_X509(file, certificate.get());
  std::fclose(file);
  file = std::fopen(plan.tls_key.c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  ::chmod(plan.tls_key.c_str(), 0600);
}

TEST(CertificateCheck, TellsUntilWhenItHoldsAndWhetherItFitsItsKey) {
  Machine machine;
  machine.now_unix = kNow;
  std::string folder = testing::TempDir() + "/certificate-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  Plan plan;
  plan.tls_cert = folder + "/cert.pem";
  plan.tls_key = folder + "/key.pem";
  EXPECT_EQ(certificate(machine, plan).grade, Grade::fail);
  make(plan, -1, 90);
  EXPECT_EQ(certificate(machine, plan).grade, Grade::ok);
  make(plan, -1, 10);
  EXPECT_EQ(certificate(machine, plan).grade, Grade::warn);
  make(plan, -10, -1);
  EXPECT_EQ(certificate(machine, plan).grade, Grade::fail);
  make(plan, 5, 90);
  EXPECT_EQ(certificate(machine, plan).grade, Grade::fail);
  make(plan, -1, 90);
  ::chmod(plan.tls_key.c_str(), 0644);
  EXPECT_NE(certificate(machine, plan).advice.find("chmod 600"), std::string::npos);
  Plan other = plan;
  other.tls_cert = folder + "/other.pem";
  make(other, -1, 90);  // writes the key anew: it is not the first certificate's any more
  EXPECT_EQ(certificate(machine, plan).found, "the key is not that of the certificate");
  other.tls_cert = plan.tls_key;
  EXPECT_NE(certificate(machine, other).found.find("holds no certificate"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace camfleet::cli::doctor
