// HTTPS clients of one server: HttpClient for daemons, whose answers arrive as tasks of a
// Scheduler, and BlockingHttpClient for the command line and worker threads. Both keep connections
// open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/scheduler.h"
#include "base/strong.h"
#include "base/time.h"

namespace hactl {

/// The largest answer that is read; a longer one is an error. Server answers are some megabytes at
/// most.
inline constexpr std::size_t kAnswerBytesMax = std::size_t{64} << 20U;

/// The longest line of a stream that is read.
inline constexpr std::size_t kStreamLineBytesMax = std::size_t{4} << 20U;

/// The default time for a call: longer than anything but a long poll takes.
inline constexpr Duration kHttpCallTimeout = 30s;

/// What to ask. The timeout is for the whole call; a stream may be silent that long.
struct HttpCall {
  std::string method = "GET";
  std::string path_and_query = "/";  ///< Percent-encoded where needed.
  std::string body{};                ///< Sent with `content_type` unless empty.
  std::string content_type = "application/json";
  Duration timeout = kHttpCallTimeout;
};

/// What was answered; every status is an answer, not an error.
struct HttpAnswer {
  int status = 0;
  std::string body{};
  std::string warning{};  ///< The header Warning; of several, joined by ", ".
};

/// The server and how to trust it. With http:// the files are not used (a local etcd).
struct HttpClientOptions {
  std::string base_url{};          ///< "https://host:port"; the host is checked in the certificate.
  std::string ca_file{};           ///< PEM; the only authority that is trusted.
  std::string certificate_file{};  ///< PEM; ours, shown to the server. Empty: none.
  std::string key_file{};          ///< PEM.
};

/// Names a call of one HttpClient. Never reused; 0 names none.
using CallId = Strong<struct CallIdTag, std::uint64_t>;

/// Used from tasks of `scheduler`, which outlives it. A call that meets a kept connection which the
/// server has just closed is sent again, POST too: calls must bear being received twice. Errors:
/// unavailable (refused, unreachable, TLS or certificate trouble, connection lost), timed_out (the
/// outcome is then unknown), invalid (the URL, or a file that cannot be used).
class HttpClient {
 public:
  using Callback = std::function<void(Result<HttpAnswer>)>;

  HttpClient(Scheduler& scheduler, HttpClientOptions options);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  /// Abandons the calls under way: their callbacks never come. Does not wait for the network.
  ~HttpClient();

  /// Sends; `callback` comes exactly once, in a later task, unless the client is destroyed before.
  CallId send(const HttpCall& call, Callback callback);

  /// Abandons a call; its callback comes with an `unavailable` error ("cancelled"). Does nothing
  /// when the call is over.
  void cancel(CallId call);

 private:
  struct Impl;
  // Shared so that an answer that arrives late can see that the client is gone.
  std::shared_ptr<Impl> impl_;
};

/// The same, waiting for each answer; for one thread. Errors as for HttpClient.
class BlockingHttpClient {
 public:
  explicit BlockingHttpClient(HttpClientOptions options);
  BlockingHttpClient(const BlockingHttpClient&) = delete;
  BlockingHttpClient& operator=(const BlockingHttpClient&) = delete;
  ~BlockingHttpClient();

  [[nodiscard]] Result<HttpAnswer> send(const HttpCall& call);

  /// Calls `line_received` with each line of the answer, without its end, as it comes. Returns when
  /// it says false, or when the answer ends. An answer that is not 2xx is an error with its body as
  /// the text; nothing for `call.timeout` is timed_out.
  [[nodiscard]] Result<Done> stream_lines(const HttpCall& call,
                                          std::function<bool(std::string_view)> line_received);

  /// Makes the call under way and every later one return `unavailable` ("cancelled"). Thread-safe.
  void interrupt();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hactl
