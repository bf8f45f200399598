#pragma once
#include <memory>

struct ssl_ctx_st;

namespace camfleet::net {

struct FreeTlsContext {
  void operator()(ssl_ctx_st* context) const;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTlsContext>;

// Our rules about versions, ciphers and memory, for either side; internal to net/. Null: out of memory.
TlsContext make_tls_context(bool server);

}  // namespace camfleet::net
