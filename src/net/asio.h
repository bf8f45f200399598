#pragma once
// The one place where Asio enters. Files above net/ that run coroutines include this and no Asio header of
// their own.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

namespace camfleet::net {

namespace asio = boost::asio;

// Always the concrete executor: no type erasure on the way of a packet.
using Executor = asio::io_context::executor_type;

// A coroutine of this house. It runs on one loop, starts when awaited or spawned, and is cancelled by an
// exception that every co_await may throw (see net/within.h for what that exception is).
template <class T = void>
using Task = asio::awaitable<T, Executor>;

inline constexpr asio::use_awaitable_t<Executor> use_task{};
// `auto [error] = co_await timer.async_wait(as_result);`
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> as_result{use_task};

using ErrorCode = boost::system::error_code;
using Address = asio::ip::address;
using Endpoint = asio::ip::tcp::endpoint;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace camfleet::net
