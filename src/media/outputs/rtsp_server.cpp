#include "media/outputs/rtsp_server.h"

#include <list>
#include <mutex>
#include <vector>

#include "media/outputs/rtsp_connection.h"
#include "net/loop_groups.h"
#include "net/within.h"

namespace camfleet::media {

// Shared with the posts that carry a connection from one loop to another.
struct RtspServer::Inner : std::enable_shared_from_this<Inner> {
  Inner(net::Loops& l, Hubs& hubs, const model::LiveGate& gate, RtspSettings s, net::TlsPolicy t)
      : loops(l),
        settings(s),
        tls(t),
        attempts(s.wrong_token_delay, s.wrong_token_delay_max),
        context{hubs, gate, settings, attempts, metrics, &udp_metrics, &udp},
        connections(l.size()),
        tasks(l, "rtsp") {
    if (settings.udp == nullptr) return;
    for (std::size_t i = 0; i < l.size(); ++i)
      udp.push_back(std::make_unique<UdpOutlet>(*settings.udp, tasks.on(l.at(i))));
  }

  net::Task<> sweep(std::size_t loop);
  // False: the connection is over before it said anything.
  net::Task<bool> welcome(net::TcpStream& stream);
  net::Task<> serve(net::Loop& loop, std::unique_ptr<RtspHandover> carried);
  void begin(net::Loop& loop, std::unique_ptr<RtspHandover> carried);

  net::Loops& loops;
  const RtspSettings settings;
  const net::TlsPolicy tls;
  Attempts attempts;
  OutputMetrics metrics{"rtsp"};
  OutputMetrics udp_metrics{"rtsp_udp"};
  std::vector<std::unique_ptr<UdpOutlet>> udp;  // by loop
  RtspContext context;
  std::vector<std::list<RtspConnection*>> connections;  // by loop, each in the frame of its task
  std::mutex mutex;                                     // of listeners
  std::vector<std::unique_ptr<net::TcpListener>> listeners;
  net::LoopGroups tasks;
};

net::Task<> RtspServer::Inner::sweep(std::size_t loop) {
  for (;;) {
    co_await net::sleep_for(settings.sweep);
    const auto now = system_clock().steady();
    // A connection leaves the list in its own task, never inside of this.
    for (RtspConnection* connection : connections[loop]) connection->sweep(now);
  }
}

net::Task<bool> RtspServer::Inner::welcome(net::TcpStream& stream) {
  const auto deadline = system_clock().steady() + settings.head_timeout;
  auto securing = tls.server->secure(stream, deadline);
  const auto secured = co_await std::move(securing);
  co_return secured && (*secured || tls.plain_too);
}

void RtspServer::Inner::begin(net::Loop& loop, std::unique_ptr<RtspHandover> carried) {
  tasks.on(loop).spawn(serve(loop, std::move(carried)));
}

net::Task<> RtspServer::Inner::serve(net::Loop& loop, std::unique_ptr<RtspHandover> carried) {
  auto stream = net::TcpStream::adopt(loop.executor(), std::move(carried->socket));
  if (!stream) co_return;
  if (carried->to == nullptr && tls.server != nullptr) {
    const bool secured = co_await welcome(*stream);
    if (!secured) co_return;
  }
  RtspConnection connection{context, loop, tasks.on(loop), std::move(*stream), *carried};
  carried.reset();
  struct Listed {
    std::list<RtspConnection*>& list;
    std::list<RtspConnection*>::iterator at;
    ~Listed() { list.erase(at); }
  };
  auto& list = connections[loop.index()];
  const Listed listed{list, list.insert(list.end(), &connection)};
  auto next = co_await connection.serve();
  if (!next) co_return;
  net::Loop& to = *next->to;
  to.post([self = shared_from_this(), &to, carried = std::move(next)]() mutable {
    self->begin(to, std::move(carried));
  });
}

RtspServer::RtspServer(net::Loops& loops, Hubs& hubs, const model::LiveGate& gate, RtspSettings settings,
                       net::TlsPolicy tls)
    : inner_(std::make_shared<Inner>(loops, hubs, gate, settings, tls)) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    net::Loop& loop = loops.at(i);
    loop.post([inner = inner_, &loop] { inner->tasks.on(loop).spawn(inner->sweep(loop.index())); });
  }
}

RtspServer::~RtspServer() = default;

Result<net::Endpoint> RtspServer::listen(const net::Endpoint& at, const net::ListenerOptions& options) {
  net::Loop& loop = inner_->loops.at(0);
  auto bound = net::TcpListener::bind(loop.executor(), at, options);
  if (!bound) return fail(bound.error());
  auto listener = std::make_unique<net::TcpListener>(std::move(*bound));
  net::Endpoint local = listener->local();
  net::TcpListener& accepting = *listener;
  {
    const std::lock_guard lock{inner_->mutex};
    inner_->listeners.push_back(std::move(listener));
  }
  loop.post([inner = inner_, &loop, &accepting] {
    auto handler = [inner](net::Loop& on, net::TcpStream stream) {
      auto fresh = std::make_unique<RtspHandover>();
      fresh->socket = stream.release();
      fresh->accepted = system_clock().steady();
      inner->begin(on, std::move(fresh));
    };
    inner->tasks.on(loop).spawn(accepting.serve(inner->loops, std::move(handler)));
  });
  return local;
}

net::Task<> RtspServer::stop() {
  auto inner = inner_;
  co_await inner->tasks.stop();
  const std::lock_guard lock{inner->mutex};
  inner->listeners.clear();
  inner->udp.clear();
}

void RtspServer::stop_and_wait() { net::block_on(inner_->loops.at(0).executor(), stop()); }

}  // namespace camfleet::media
