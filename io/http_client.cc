#include "io/http_client.h"

#include <pplx/threadpool.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

#include <cpprest/http_client.h>

#include "io/line_splitter.h"
#include "io/tls_setup.h"

namespace hactl {
namespace {

namespace http = web::http;

/// Continuations never block, so two threads serve any number of calls.
constexpr std::size_t kPoolThreads = 2;

/// The library's own inactivity limit; far above ours, which come first.
constexpr auto kLibraryTimeout = std::chrono::hours(24);

/// How much of a stream is taken at a time.
constexpr std::size_t kStreamStepBytes = std::size_t{16} << 10U;

/// How much of an error answer's body is quoted.
constexpr std::size_t kQuotedBytesMax = 2000;

// Crosses the library, which only forwards exceptions, and ends in Endpoint::explain().
struct Invalid : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Starts the library's threads, once. They must not take the signals that the main thread handles.
void start_pool() {
  static std::once_flag started;
  std::call_once(started, [] {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      crossplat::threadpool::initialize_with_threads(kPoolThreads);
    } catch (const std::exception&) {
      // Somebody has started the pool already (a test double): that one serves as well.
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  });
}

std::string host_of(const web::uri& url) {
  std::string host = url.host();
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return host;
}

/// One server, as the library sees it.
class Endpoint {
 public:
  explicit Endpoint(HttpClientOptions options) : options_(std::move(options)) {
    start_pool();
    try {
      connect();
    } catch (const std::exception& problem) {
      unusable_ =
          Error{ErrorCode::invalid, "use the URL '" + options_.base_url + "': " + problem.what()};
    }
  }

  /// "GET https://host:port/path"; without the query, which may hold secrets.
  [[nodiscard]] std::string doing(const HttpCall& call) const {
    return call.method + " " + options_.base_url +
           call.path_and_query.substr(0, call.path_and_query.find('?'));
  }

  [[nodiscard]] const std::optional<Error>& unusable() const { return unusable_; }

  /// Sends and waits for the head of the answer. Requires that this is usable.
  pplx::task<http::http_response> start(const HttpCall& call, std::size_t bytes_max,
                                        const pplx::cancellation_token& token) {
    // The library itself sends again what fails on a kept connection, but not from its body on.
    return start_once(*client_, call, bytes_max, token)
        .then([=, client = *client_](const pplx::task<http::http_response>& first) {
          try {
            return pplx::task_from_result(first.get());
          } catch (const http::http_exception& problem) {
            if (std::string_view(problem.what()) != "Failed to write request body") throw;
            return start_once(client, call, bytes_max, token);
          }
        });
  }

  /// What a failed call means. The one place where the library's exceptions become errors.
  [[nodiscard]] Error explain(const std::exception_ptr& failure, const std::string& doing) const {
    try {
      std::rethrow_exception(failure);
    } catch (const Invalid& problem) {
      return Error{ErrorCode::invalid, problem.what()}.within(doing);
    } catch (const http::http_exception& problem) {
      return explain_lost(problem).within(doing);
    } catch (const web::uri_exception& problem) {
      return Error{ErrorCode::invalid, problem.what()}.within(doing);
    } catch (const std::exception& problem) {
      return Error{ErrorCode::internal, problem.what()}.within(doing);
    }
  }

 private:
  static pplx::task<http::http_response> start_once(http::client::http_client client,
                                                    const HttpCall& call, std::size_t bytes_max,
                                                    const pplx::cancellation_token& token) {
    try {
      http::http_request request(call.method);
      request.set_request_uri(web::uri(call.path_and_query));
      if (!call.body.empty()) {
        request.set_body(std::vector<unsigned char>(call.body.begin(), call.body.end()));
        request.headers().set_content_type(call.content_type);
      }
      request.set_progress_handler([bytes_max](auto direction, utility::size64_t bytes) {
        if (direction != http::message_direction::download || bytes <= bytes_max) return;
        throw Invalid("the answer is longer than " + std::to_string(bytes_max) + " bytes");
      });
      return client.request(request, token);
    } catch (...) {
      return pplx::task_from_exception<http::http_response>(std::current_exception());
    }
  }

  void connect() {
    const web::uri url(options_.base_url);
    http::client::http_client_config config;
    config.set_timeout(kLibraryTimeout);
    if (url.scheme() == "https") {
      replace_system_authorities(options_.ca_file);
      const TlsIdentity identity{host_of(url), options_.ca_file, options_.certificate_file,
                                 options_.key_file};
      config.set_ssl_context_callback([identity, trouble = trouble_](auto& context) {
        const Result<Done> ready = set_up_tls_client(context.native_handle(), identity, trouble);
        if (!ready.ok()) throw Invalid(ready.error().message);
      });
    }
    client_ = std::make_unique<http::client::http_client>(url, config);
  }

  [[nodiscard]] Error explain_lost(const http::http_exception& problem) const {
    const std::string_view what = problem.what();
    const std::string connecting = "connect to " + options_.base_url + ": ";
    if (const std::optional<std::string> trouble = trouble_->take(); trouble.has_value()) {
      return Error{ErrorCode::unavailable, connecting + *trouble + certificates_text()};
    }
    if (what.starts_with("Error in SSL handshake")) {
      return Error{
          ErrorCode::unavailable,
          connecting + "the TLS handshake failed: is this an HTTPS server?" + certificates_text()};
    }
    if (what.starts_with("Failed to connect"))
      return Error{ErrorCode::unavailable, connecting + reason_of(problem)};
    if (what.find("resolv") != std::string_view::npos) {
      return Error{ErrorCode::unavailable, connecting + "the host name cannot be resolved"};
    }
    return Error{ErrorCode::unavailable, "the connection was lost: " + std::string(what)};
  }

  static std::string reason_of(const http::http_exception& problem) {
    // The library reports a refused connection as an unreachable host.
    if (problem.error_code().value() == EHOSTUNREACH) {
      return "connection refused or no route to host";
    }
    return problem.error_code().message();
  }

  [[nodiscard]] std::string certificates_text() const {
    return " (we trust " + options_.ca_file + " and show " +
           (options_.certificate_file.empty() ? "no certificate" : options_.certificate_file) + ")";
  }

  HttpClientOptions options_;
  std::shared_ptr<TlsTrouble> trouble_ = std::make_shared<TlsTrouble>();
  std::unique_ptr<http::client::http_client> client_;
  std::optional<Error> unusable_;
};

pplx::task<HttpAnswer> read_answer(const http::http_response& response) {
  HttpAnswer answer{.status = response.status_code()};
  response.headers().match("Warning", answer.warning);
  return response.extract_vector().then([answer](const std::vector<unsigned char>& body) mutable {
    answer.body.assign(body.begin(), body.end());
    return answer;
  });
}

Error cancelled(const std::string& doing) {
  return Error{ErrorCode::unavailable, doing + ": cancelled"};
}

Error no_answer(const std::string& doing, Duration limit) {
  return Error{ErrorCode::timed_out,
               doing + ": no answer within " + std::to_string(limit.count()) + " ms"};
}

/// The way from the library's threads to the scheduler, which can be shut.
class Mailbox {
 public:
  explicit Mailbox(Scheduler& scheduler) : scheduler_(&scheduler) {}

  void post(Scheduler::Task task) {
    const std::lock_guard lock(mutex_);
    if (scheduler_ != nullptr) scheduler_->post(std::move(task));
  }

  void shut() {
    const std::lock_guard lock(mutex_);
    scheduler_ = nullptr;
  }

 private:
  std::mutex mutex_;
  Scheduler* scheduler_;
};

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<Impl> {
  using Outcome = std::variant<HttpAnswer, std::exception_ptr>;

  struct Pending {
    Callback callback;
    pplx::cancellation_token_source cancellation;
    TimerId deadline;
    std::string doing;
  };

  Impl(Scheduler& to_use, HttpClientOptions options)
      : scheduler(to_use),
        endpoint(std::move(options)),
        mailbox(std::make_shared<Mailbox>(to_use)) {}

  void start(CallId id, const HttpCall& call, const pplx::cancellation_token& token) {
    endpoint.start(call, kAnswerBytesMax, token)
        .then([](const http::http_response& response) { return read_answer(response); })
        .then([id, weak = weak_from_this(), box = mailbox](const pplx::task<HttpAnswer>& task) {
          Outcome outcome;
          try {
            outcome = task.get();
          } catch (...) {
            outcome = std::current_exception();
          }
          box->post([id, weak, outcome = std::move(outcome)]() mutable {
            if (const auto self = weak.lock()) self->arrived(id, std::move(outcome));
          });
        });
  }

  void arrived(CallId id, Outcome outcome) {
    const auto found = pending.find(id);
    if (found == pending.end()) return;  // Timed out or cancelled before.
    if (auto* answer = std::get_if<HttpAnswer>(&outcome)) {
      finish(id, std::move(*answer));
    } else {
      finish(id, endpoint.explain(std::get<std::exception_ptr>(outcome), found->second.doing));
    }
  }

  /// Ends a call that is pending. The callback may destroy the client: nothing comes after it.
  void finish(CallId id, Result<HttpAnswer> result) {
    auto entry = pending.extract(id);
    scheduler.cancel(entry.mapped().deadline);
    entry.mapped().callback(std::move(result));
  }

  void abandon(CallId id, Error error) {
    const auto found = pending.find(id);
    if (found == pending.end()) return;
    found->second.cancellation.cancel();
    finish(id, std::move(error));
  }

  Scheduler& scheduler;
  Endpoint endpoint;
  // Shared with calls under way, which may end after the client.
  std::shared_ptr<Mailbox> mailbox;
  std::map<CallId, Pending> pending;
  CallId last;
};

HttpClient::HttpClient(Scheduler& scheduler, HttpClientOptions options)
    : impl_(std::make_shared<Impl>(scheduler, std::move(options))) {}

HttpClient::~HttpClient() {
  impl_->mailbox->shut();
  for (auto& [id, call] : impl_->pending) {
    impl_->scheduler.cancel(call.deadline);
    call.cancellation.cancel();
  }
  impl_->pending.clear();
}

CallId HttpClient::send(const HttpCall& call, Callback callback) {
  impl_->last = impl_->last.next();
  const CallId id = impl_->last;
  const std::weak_ptr<Impl> weak = impl_;
  Impl::Pending pending{.callback = std::move(callback),
                        .cancellation = {},
                        .deadline = {},
                        .doing = impl_->endpoint.doing(call)};
  pending.deadline =
      impl_->scheduler.at(impl_->scheduler.now() + call.timeout, [weak, id, limit = call.timeout] {
        const auto self = weak.lock();
        if (self) self->abandon(id, no_answer(self->pending.at(id).doing, limit));
      });
  const pplx::cancellation_token token = pending.cancellation.get_token();
  impl_->pending.emplace(id, std::move(pending));
  if (const std::optional<Error>& unusable = impl_->endpoint.unusable(); unusable.has_value()) {
    impl_->scheduler.post([weak, id, error = *unusable] {
      if (const auto self = weak.lock()) self->abandon(id, error);
    });
  } else {
    impl_->start(id, call, token);
  }
  return id;
}

void HttpClient::cancel(CallId call) {
  impl_->scheduler.post([weak = std::weak_ptr<Impl>(impl_), call] {
    const auto self = weak.lock();
    if (!self || !self->pending.contains(call)) return;
    self->abandon(call, cancelled(self->pending.at(call).doing));
  });
}

namespace {

/// Where a caller waits for the library's threads.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  bool interrupted = false;
};

/// Waits for a task; an exception inside it stays there for the caller to get().
template <typename T>
Result<pplx::task<T>> wait_for(const std::shared_ptr<Gate>& gate, const pplx::task<T>& task,
                               Duration limit, const std::string& doing) {
  // Shared with the continuation, which may run after we have given up.
  auto over = std::make_shared<bool>(false);
  task.then([over, gate](const pplx::task<T>& finished) {
    try {
      finished.wait();
    } catch (...) {
      // The caller sees it, if it still waits.
    }
    const std::lock_guard lock(gate->mutex);
    *over = true;
    gate->changed.notify_all();
  });
  std::unique_lock lock(gate->mutex);
  gate->changed.wait_for(lock, limit, [&] { return *over || gate->interrupted; });
  if (gate->interrupted) return cancelled(doing);
  if (!*over) return no_answer(doing, limit);
  return task;
}

/// What has arrived of a stream, at least one byte; empty at its end.
pplx::task<std::string> next_piece(concurrency::streams::streambuf<std::uint8_t> stream) {
  return stream.bumpc().then([stream](int first) mutable {
    using Traits = concurrency::streams::char_traits<std::uint8_t>;
    if (first == Traits::eof()) return pplx::task_from_result(std::string());
    const std::size_t more = std::min(stream.in_avail(), kStreamStepBytes);
    auto piece = std::make_shared<std::string>(1 + more, static_cast<char>(first));
    if (more == 0) return pplx::task_from_result(*piece);
    // Asking for no more than there is: a larger read would wait until all of it has come.
    return stream.getn(reinterpret_cast<std::uint8_t*>(piece->data() + 1), more)
        .then([piece](std::size_t got) {
          piece->resize(1 + got);
          return *piece;
        });
  });
}

ErrorCode code_of_status(int status) {
  switch (status) {
    case 400:
    case 422: return ErrorCode::invalid;
    case 401:
    case 403: return ErrorCode::forbidden;
    case 404: return ErrorCode::not_found;
    case 409: return ErrorCode::conflict;
    case 503: return ErrorCode::unavailable;
    case 504: return ErrorCode::timed_out;
    default: return ErrorCode::internal;
  }
}

}  // namespace

struct BlockingHttpClient::Impl {
  explicit Impl(HttpClientOptions options) : endpoint(std::move(options)) {}

  /// The task's value, or why there is none; cancels the call when it gives up.
  template <typename T>
  Result<T> await(const pplx::task<T>& task, const HttpCall& call) {
    const std::string doing = endpoint.doing(call);
    const Result<pplx::task<T>> finished = wait_for(gate, task, call.timeout, doing);
    if (!finished.ok()) {
      cancellation.cancel();
      return finished.error();
    }
    try {
      return finished->get();
    } catch (...) {
      return endpoint.explain(std::current_exception(), doing);
    }
  }

  Result<Done> refused(const http::http_response& response, const HttpCall& call) {
    const Result<HttpAnswer> answer = await(read_answer(response), call);
    if (!answer.ok()) return answer.error();
    return Error{code_of_status(answer->status), endpoint.doing(call) + ": " +
                                                     std::to_string(answer->status) + " " +
                                                     answer->body.substr(0, kQuotedBytesMax)};
  }

  Result<Done> read_lines(const http::http_response& response, const HttpCall& call,
                          LineSplitter& lines) {
    while (true) {
      const Result<std::string> piece = await(next_piece(response.body().streambuf()), call);
      if (!piece.ok()) return piece.error();
      if (piece->empty()) break;
      if (!lines.feed(*piece)) {
        cancellation.cancel();
        return Done{};
      }
      if (lines.rest_bytes() > kStreamLineBytesMax) {
        cancellation.cancel();
        return Error{ErrorCode::invalid, endpoint.doing(call) + ": a line is longer than " +
                                             std::to_string(kStreamLineBytesMax) + " bytes"};
      }
    }
    // The stream ends in the same way whether the answer is complete or the connection was lost.
    const Result<http::http_response> complete = await(response.content_ready(), call);
    if (!complete.ok()) return complete.error();
    lines.flush();
    return Done{};
  }

  Endpoint endpoint;
  // Shared with continuations that run after a wait was given up.
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  pplx::cancellation_token_source cancellation;
};

BlockingHttpClient::BlockingHttpClient(HttpClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

BlockingHttpClient::~BlockingHttpClient() {
  impl_->cancellation.cancel();
}

Result<HttpAnswer> BlockingHttpClient::send(const HttpCall& call) {
  if (const auto& unusable = impl_->endpoint.unusable(); unusable.has_value()) return *unusable;
  impl_->cancellation = {};
  return impl_->await(
      impl_->endpoint.start(call, kAnswerBytesMax, impl_->cancellation.get_token())
          .then([](const http::http_response& response) { return read_answer(response); }),
      call);
}

Result<Done> BlockingHttpClient::stream_lines(const HttpCall& call,
                                              std::function<bool(std::string_view)> line_received) {
  if (const auto& unusable = impl_->endpoint.unusable(); unusable.has_value()) return *unusable;
  impl_->cancellation = {};
  constexpr std::size_t kEndless = static_cast<std::size_t>(-1);
  const Result<http::http_response> response =
      impl_->await(impl_->endpoint.start(call, kEndless, impl_->cancellation.get_token()), call);
  if (!response.ok()) return response.error();
  if (response->status_code() / 100 != 2) return impl_->refused(*response, call);
  LineSplitter lines(std::move(line_received));
  return impl_->read_lines(*response, call, lines);
}

void BlockingHttpClient::interrupt() {
  const std::lock_guard lock(impl_->gate->mutex);
  impl_->gate->interrupted = true;
  impl_->gate->changed.notify_all();
}

}  // namespace hactl
