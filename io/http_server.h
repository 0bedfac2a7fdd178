// HttpServer: HTTP/1.1 over TLS with client certificates, on the thread of an AsioScheduler.
// Answers may come now, much later (long polls) or in pieces (streams).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace hactl {

class AsioScheduler;

/// The largest request body: a formation's spec or a report is some kilobytes.
inline constexpr std::size_t kRequestBodyBytesMax = std::size_t{1} << 20U;

/// The largest request head, target included; common servers allow 8 to 16 KiB.
inline constexpr std::size_t kRequestHeaderBytesMax = std::size_t{16} << 10U;

/// What a slow reader of a stream may have queued: thousands of events. Then it is cut off.
inline constexpr std::size_t kStreamQueueBytesMax = std::size_t{1} << 20U;

/// Open connections. One costs about 90 kB (TLS), so this many cost about 90 MB.
inline constexpr std::size_t kHttpConnectionsMax = 1024;

/// Exchanges that wait for an answer or stream at one time: every agent holds one poll.
inline constexpr std::size_t kHttpExchangesHeldMax = 256;

/// From a request's first byte to its last, and for the TLS handshake: a slow sender is cut off.
inline constexpr Duration kHttpRequestTimeMax = 10s;

/// How long a connection may be idle between requests; proxies commonly keep theirs for 60 s.
inline constexpr Duration kHttpIdleTimeMax = 75s;

/// How long one write may make no progress before the client counts as gone.
inline constexpr Duration kHttpWriteTimeMax = 20s;

/// A request, complete and within the limits.
struct HttpRequest {
  std::string method{};                        ///< "GET", "POST", … as sent.
  std::string path{};                          ///< Percent-decoded, without the query.
  std::map<std::string, std::string> query{};  ///< Decoded; of a repeated name the last one counts.
  std::map<std::string, std::string>
      headers;  ///< Names in lower case; repeated ones joined by ", ".
  std::string body{};
  std::string peer{};  ///< The common name of the client's certificate.
};

/// An answer; Content-Length, Date, Connection and the framing are the server's business.
struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::map<std::string, std::string> headers{};
};

/// One request and the way to answer it. Every member is called from a task of the scheduler.
/// Held by shared_ptr because a waiter (a poll, a stream) and the connection both refer to it and
/// either may go first. When the last holder lets go of it unanswered, the client gets 500; a
/// stream that was not ended is cut off.
class HttpExchange {
 public:
  HttpExchange() = default;
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;
  virtual ~HttpExchange() = default;

  [[nodiscard]] virtual const HttpRequest& request() const = 0;

  /// Answers, now or much later. Requires that nothing was answered yet. Does nothing when closed.
  virtual void respond(HttpResponse response) = 0;

  /// Sends the head of an answer whose body follows in pieces; `head.body` is its first piece.
  /// Requires that nothing was answered yet.
  virtual void begin_stream(HttpResponse head) = 0;

  /// Sends a piece at once. False when the client has gone or has more than kStreamQueueBytesMax
  /// unread, in which case it is cut off. Requires begin_stream() and no end_stream().
  virtual bool write(std::string chunk) = 0;

  /// Ends the stream; the connection can then be used again. Requires begin_stream().
  virtual void end_stream() = 0;

  /// Calls `callback` once, in a task of its own, when the client has gone while the exchange was
  /// open, or when the server could not hold it. Dropped when the answer is complete. At most one.
  virtual void on_closed(std::function<void()> callback) = 0;

  /// True when an answer can no longer reach the client, or is complete.
  [[nodiscard]] virtual bool closed() const = 0;
};

/// Where to listen, who we are, and the limits; these have defaults for daemons.
struct HttpServerOptions {
  std::string address = "127.0.0.1";  ///< An IPv4 or IPv6 address.
  std::uint16_t port = 0;             ///< 0: any free one.
  std::string ca_file{};              ///< PEM; clients need a certificate signed by it.
  std::string certificate_file{};     ///< PEM; our certificate, then those between it and the CA.
  std::string key_file{};             ///< PEM.
  std::size_t body_bytes_max = kRequestBodyBytesMax;
  std::size_t header_bytes_max = kRequestHeaderBytesMax;
  std::size_t connections_max = kHttpConnectionsMax;
  std::size_t exchanges_held_max = kHttpExchangesHeldMax;
  Duration request_time_max = kHttpRequestTimeMax;
  Duration idle_time_max = kHttpIdleTimeMax;
  Duration write_time_max = kHttpWriteTimeMax;
};

/// Lives on the scheduler's thread, and the scheduler outlives it. Malformed requests get 400, too
/// large ones 413 or 431, a handler that throws makes 500; none of them ends the process.
class HttpServer {
 public:
  /// Called for each request, in a task. It may keep the exchange and answer later.
  using Handler = std::function<void(std::shared_ptr<HttpExchange>)>;

  /// Listens at once; requests are served while the scheduler runs. Errors: unavailable when the
  /// address cannot be used, invalid when a certificate, key or address is not usable.
  static Result<std::unique_ptr<HttpServer>> listen(AsioScheduler& scheduler,
                                                    HttpServerOptions options, Handler handler);

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  /// The port listened on.
  [[nodiscard]] std::uint16_t port() const;

  /// Reads the CA, certificate and key again, for new connections; on an error the old ones stay.
  [[nodiscard]] Result<Done> reload_certificates();

  /// Open connections; for metrics.
  [[nodiscard]] std::size_t connections() const;

  /// Stops listening and cuts every connection off; open exchanges hear on_closed(). The handler is
  /// not called again. Also done by the destructor.
  void close();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hactl
