#include "net/tls_server.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/metrics.h"
#include "net/testing/certificates.h"

namespace camfleet::net {
namespace {

using testing::Certificates;
using testing::CertificateWish;

std::string content(const std::filesystem::path& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

struct TlsFilesTest : ::testing::Test {
  TlsFilesTest() { made.make({}); }
  TlsFiles files() const { return {made.certificate(), made.key()}; }
  std::string load(const TlsFiles& from) const {
    const auto pair = load_tls_pair(from);
    return pair ? "good" : std::string{name(pair.error().code)};
  }
  void put(const std::filesystem::path& path, const std::string& text, mode_t mode = 0600) const {
    std::filesystem::remove(path);
    std::ofstream{path} << text;
    ::chmod(path.c_str(), mode);
  }
  std::filesystem::path file(const char* name) const { return made.directory() / name; }
  Certificates made;
};

TEST_F(TlsFilesTest, each_way_to_be_wrong_has_its_code) {
  EXPECT_EQ(load(files()), "good");
  made.make({.name = "other"});
  EXPECT_EQ(load({made.certificate(), made.key("other")}), "tls.key_mismatch");
  EXPECT_EQ(load({file("none"), made.key()}), "tls.unreadable");
  EXPECT_EQ(load({made.certificate(), file("none")}), "tls.unreadable");
  EXPECT_EQ(load({made.directory(), made.key()}), "tls.unreadable");
  EXPECT_EQ(load({made.key(), made.key()}), "tls.bad_certificate");
  put(file("empty"), "  \n");
  EXPECT_EQ(load({file("empty"), made.key()}), "tls.unreadable");
  EXPECT_EQ(load({made.certificate(), file("empty")}), "tls.unreadable");
  put(file("garbage"), std::string(5000, '\x80'));
  EXPECT_EQ(load({file("garbage"), made.key()}), "tls.bad_certificate");
  EXPECT_EQ(load({made.certificate(), file("garbage")}), "tls.bad_key");
  put(file("huge"), std::string(1024 * 1024 + 1, '#'));
  EXPECT_EQ(load({file("huge"), made.key()}), "tls.unreadable");
  std::filesystem::create_symlink(file("loop"), file("loop"));
  EXPECT_EQ(load({file("loop"), made.key()}), "tls.unreadable");
  ::mkfifo(file("fifo").c_str(), 0600);
  EXPECT_EQ(load({file("fifo"), made.key()}), "tls.unreadable");
}

TEST_F(TlsFilesTest, every_cut_of_the_files_is_refused) {
  const auto certificate = content(made.certificate());
  const auto key = content(made.key());
  for (std::size_t size = 0; size + 2 < certificate.size(); size += 7) {
    put(file("half"), certificate.substr(0, size));
    EXPECT_NE(load({file("half"), made.key()}), "good") << size;
  }
  for (std::size_t size = 0; size + 2 < key.size(); size += 7) {
    put(file("half"), key.substr(0, size));
    EXPECT_NE(load({made.certificate(), file("half")}), "good") << size;
  }
  put(file("chain"), certificate + certificate.substr(0, 100));
  EXPECT_EQ(load({file("chain"), made.key()}), "tls.bad_certificate");
}

TEST_F(TlsFilesTest, a_key_that_others_can_read_is_refused) {
  for (const auto& [mode, want] : std::vector<std::pair<mode_t, std::string>>{{0600, "good"},
                                                                              {0400, "good"},
                                                                              {0640, "good"},
                                                                              {0644, "tls.key_exposed"},
                                                                              {0666, "tls.key_exposed"},
                                                                              {0660, "tls.key_exposed"},
                                                                              {0602, "tls.key_exposed"}}) {
    ::chmod(made.key().c_str(), mode);
    EXPECT_EQ(load(files()), want) << std::oct << mode;
  }
}

TEST_F(TlsFilesTest, an_encrypted_key_is_refused_without_asking) {
  made.encrypt_key("leaf");
  EXPECT_EQ(load(files()), "tls.key_encrypted");
}

TEST_F(TlsFilesTest, a_chain_goes_from_leaf_to_authority) {
  const auto leaf = content(made.certificate());
  const auto authority = content(made.authority());
  put(file("chain"), leaf + authority);
  EXPECT_EQ(load({file("chain"), made.key()}), "good");
  put(file("chain"), leaf + leaf);
  EXPECT_EQ(load({file("chain"), made.key()}), "tls.bad_certificate");
  put(file("chain"), authority + leaf);
  EXPECT_EQ(load({file("chain"), made.key()}), "tls.bad_certificate");
}

TEST_F(TlsFilesTest, weak_keys_are_refused) {
  made.make({.name = "weak", .rsa_bits = 1024});
  EXPECT_EQ(load({made.certificate("weak"), made.key("weak")}), "tls.bad_certificate");
}

struct TlsReloadTest : TlsFilesTest {
  TlsReloadTest() : failures(metrics::counter("camfleet_tls_reload_failures_total", "")) {
    server = std::move(*TlsServer::load(files()));
    before = failures.value();
  }
  std::uint64_t failed() const { return failures.value() - before; }
  // As certbot does: a new file, renamed over the old one.
  void renew(const std::string& which, bool certificate, bool key) {
    if (certificate) std::filesystem::rename(made.certificate(which), made.certificate());
    if (key) std::filesystem::rename(made.key(which), made.key());
  }
  metrics::Counter& failures;
  std::unique_ptr<TlsServer> server;
  std::uint64_t before = 0;
};

TEST_F(TlsReloadTest, a_renewed_pair_is_taken_at_the_next_look) {
  made.make({.name = "new"});
  server->look();
  EXPECT_EQ(server->subject(), "CN=leaf");
  renew("new", true, true);
  server->look();
  EXPECT_EQ(server->subject(), "CN=new");
  EXPECT_EQ(failed(), 0U);
}

TEST_F(TlsReloadTest, the_certificate_may_come_before_its_key) {
  made.make({.name = "new"});
  renew("new", true, false);
  server->look();  // between the two renames
  EXPECT_EQ(server->subject(), "CN=leaf");
  renew("new", false, true);
  server->look();
  EXPECT_EQ(server->subject(), "CN=new");
  EXPECT_EQ(failed(), 0U);
}

TEST_F(TlsReloadTest, a_pair_that_stays_bad_is_told_once_and_the_old_one_stays) {
  made.make({.name = "new"});
  renew("new", true, false);
  for (int i = 0; i < 5; ++i) server->look();
  EXPECT_EQ(failed(), 1U);
  EXPECT_EQ(server->subject(), "CN=leaf");
  renew("new", false, true);
  server->look();
  EXPECT_EQ(server->subject(), "CN=new");
}

TEST_F(TlsReloadTest, files_that_are_gone_for_a_while_are_looked_for_again) {
  const auto away = made.directory() / "away";
  std::filesystem::rename(made.key(), away);
  for (int i = 0; i < 5; ++i) server->look();
  EXPECT_EQ(failed(), 1U);
  std::filesystem::rename(away, made.key());
  server->look();
  EXPECT_EQ(server->subject(), "CN=leaf");
}

TEST_F(TlsReloadTest, the_links_of_a_kubernetes_secret_are_swapped_at_once) {
  const auto root = made.directory() / "secret";
  const auto version = [&](const char* name, const std::string& which) {
    std::filesystem::create_directories(root / name);
    std::filesystem::copy(made.certificate(which), root / name / "tls.crt");
    std::filesystem::copy(made.key(which), root / name / "tls.key");
    ::chmod((root / name / "tls.key").c_str(), 0600);
  };
  version("..1", "leaf");
  std::filesystem::create_symlink("..1", root / "..data");
  std::filesystem::create_symlink("..data/tls.crt", root / "tls.crt");
  std::filesystem::create_symlink("..data/tls.key", root / "tls.key");
  auto mounted = TlsServer::load({root / "tls.crt", root / "tls.key"});
  ASSERT_TRUE(mounted);
  made.make({.name = "new"});
  version("..2", "new");
  std::filesystem::create_symlink("..2", root / "..data_tmp");
  std::filesystem::rename(root / "..data_tmp", root / "..data");
  (*mounted)->look();
  EXPECT_EQ((*mounted)->subject(), "CN=new");
  EXPECT_EQ(failed(), 0U);
}

TEST_F(TlsReloadTest, an_expired_pair_does_not_take_the_place_of_a_good_one) {
  made.make({.name = "new", .from_s = -7200, .until_s = -60});
  renew("new", true, true);
  server->look();
  server->look();
  EXPECT_EQ(server->subject(), "CN=leaf");
  EXPECT_EQ(failed(), 1U);
  EXPECT_EQ(server->reload(files()).error().code, Code::tls_expired);
}

TEST_F(TlsReloadTest, an_expired_pair_is_served_at_the_start_all_the_same) {
  made.make({.name = "old", .from_s = -7200, .until_s = -60});
  EXPECT_TRUE(TlsServer::load({made.certificate("old"), made.key("old")}));
}

TEST_F(TlsReloadTest, without_a_free_descriptor_the_old_one_stays) {
  made.make({.name = "new"});
  renew("new", true, true);
  rlimit was{};
  ::getrlimit(RLIMIT_NOFILE, &was);
  const rlimit none{0, was.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &none);
  server->look();
  server->look();
  const auto told = server->reload(files());
  ::setrlimit(RLIMIT_NOFILE, &was);
  EXPECT_EQ(told.error().code, Code::tls_unreadable);
  EXPECT_EQ(server->subject(), "CN=leaf");
  server->look();
  EXPECT_EQ(server->subject(), "CN=new");
}

TEST_F(TlsReloadTest, touching_the_files_changes_nothing) {
  auto& reloads = metrics::counter("camfleet_tls_reloads_total", "");
  const auto was = reloads.value();
  std::filesystem::last_write_time(made.certificate(), std::filesystem::file_time_type::clock::now());
  server->look();
  EXPECT_EQ(reloads.value(), was);
  EXPECT_EQ(failed(), 0U);
}

}  // namespace
}  // namespace camfleet::net
