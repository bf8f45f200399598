#include "proto/isapi/session_login.h"

#include <openssl/evp.h>

#include <array>
#include <initializer_list>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/text.h"
#include "proto/isapi/root.h"
#include "proto/xml/writer.h"

namespace camfleet::isapi {
namespace {

constexpr int kMostIterations = 10'000;
constexpr std::size_t kMostText = 512;  // of a challenge or salt

// Of the parts, one after another. A password among them is never copied.
std::string sha256(std::initializer_list<std::string_view> parts) {
  auto* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (const auto part : parts) EVP_DigestUpdate(context, part.data(), part.size());
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context, out.data(), &size);
  EVP_MD_CTX_free(context);
  return to_hex(ByteView{out}.first(size));
}

void become(std::string& hash, std::string next) {
  wipe(hash);
  hash = std::move(next);
}

bool is_cookie_text(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c > '~' || c == ';' || c == ',' || c == '"' || c == '\\') return false;
  return !text.empty() && text.size() <= kMostText;
}

}  // namespace

Result<SessionLoginCap> parse_session_login_cap(std::string_view body) {
  const auto document = open_document(body, {"SessionLoginCap"});
  if (!document) return fail(document.error());
  const auto root = document->root();
  SessionLoginCap cap;
  cap.session_id = root.text("sessionID");
  cap.challenge = root.text("challenge");
  cap.iterations = root.integer("iterations", 100);
  cap.irreversible = root.boolean("isIrreversible");
  cap.salt = root.text("salt");
  cap.salt2 = root.text("salt2");
  cap.version = root.text("sessionIDVersion");
  cap.rtsp_with_session = root.boolean("isSupportRTSPWithSession");
  for (const auto* text : {&cap.session_id, &cap.challenge, &cap.salt, &cap.salt2, &cap.version})
    if (text->size() > kMostText)
      return fail(Code::device_unexpected_answer, "SessionLoginCap: a text too long");
  if (cap.challenge.empty() || cap.iterations < 2 || cap.iterations > kMostIterations)
    return fail(Code::device_unexpected_answer, "SessionLoginCap: no challenge, or iterations");
  return cap;
}

std::string session_password(const SessionLoginCap& cap, std::string_view user, std::string_view password) {
  auto hash = cap.irreversible ? sha256({user, cap.salt, password}) : sha256({password});
  if (cap.irreversible && !cap.salt2.empty()) become(hash, sha256({user, cap.salt2, hash}));
  become(hash, sha256({hash, cap.challenge}));
  for (int i = 2; i < cap.iterations; ++i) become(hash, sha256({hash}));
  return hash;
}

Result<SessionLogin> parse_session_login(std::string_view body) {
  const auto document = open_document(body, {"SessionLogin"});
  if (!document) return fail(document.error());
  const auto root = document->root();
  return SessionLogin{root.text("userName"), root.text("password"), root.text("sessionID"),
                      root.text("sessionIDVersion")};
}

std::string write_session_login(const SessionLogin& login) {
  xml::Writer out;
  out.open("SessionLogin");
  out.element("userName", login.user);
  out.element("password", login.password);
  out.element("sessionID", login.session_id);
  out.element("isSessionIDValidLongTerm", true);
  out.optional("sessionIDVersion", login.version);
  out.close();
  return out.take();
}

std::optional<std::string> session_cookie(std::string_view set_cookie) {
  const auto pair = trim(take_until(set_cookie, ';'));
  auto value = pair;
  const auto name = take_until(value, '=');
  if (!istarts_with(name, "WebSession") || !is_cookie_text(name) || !is_cookie_text(value))
    return std::nullopt;
  return std::string{pair};
}

std::string write_session_login_cap(const SessionLoginCap& cap, const Dialect& dialect) {
  xml::Writer out{dialect.newline};
  xml::Writer::Attributes attributes{{"version", dialect.version}, {"xmlns", dialect.xml_namespace}};
  out.open("SessionLoginCap", attributes);
  out.element("sessionID", cap.session_id);
  out.element("challenge", cap.challenge);
  out.element("iterations", cap.iterations);
  out.element("isSupportRTSPWithSession", cap.rtsp_with_session);
  if (cap.irreversible) out.element("isIrreversible", true);
  out.optional("sessionIDVersion", cap.version);
  out.optional("salt", cap.salt);
  out.optional("salt2", cap.salt2);
  out.close();
  return out.take();
}

}  // namespace camfleet::isapi
