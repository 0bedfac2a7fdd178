#include "io/http_server.h"

#include <array>
#include <exception>
#include <optional>
#include <utility>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <fmt/format.h>

#include "base/check.h"
#include "io/asio.h"
#include "io/asio_scheduler.h"
#include "io/errno_error.h"
#include "io/http_exchange.h"
#include "io/http_wire.h"
#include "io/log.h"
#include "io/socket_options.h"
#include "io/tls_setup.h"
#include "io/tls_writer.h"

namespace hactl {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

/// After accept() has failed, mostly for want of descriptors: time for some to be closed.
constexpr Duration kAcceptBackOff = 100ms;

/// How long what a client still sends is read after an error answer; a reset would discard that
/// answer.
constexpr Duration kLingerTime = 2s;

/// Read at a time.
constexpr std::size_t kReadStepBytes = std::size_t{8} << 10U;

/// What is read ahead while an answer is awaited; a client that pipelines more waits.
constexpr std::size_t kReadAheadBytesMax = std::size_t{64} << 10U;

constexpr int kVersion10 = 10;
constexpr int kVersion11 = 11;

std::map<std::string, std::string> headers_of(const Parser::value_type& message) {
  std::map<std::string, std::string> headers;
  for (const auto& field : message) {
    std::string& value =
        headers[lower_case({field.name_string().data(), field.name_string().size()})];
    if (!value.empty()) value += ", ";
    value.append(field.value().data(), field.value().size());
  }
  return headers;
}

class Connection;

/// What the connections of one server share. They keep it alive, as their operations end after
/// close().
struct Core : std::enable_shared_from_this<Core> {
  Core(AsioScheduler& to_use, HttpServerOptions given, HttpServer::Handler to_call)
      : scheduler(to_use), options(std::move(given)), handler(std::move(to_call)) {}

  Result<Done> load_certificates();
  Result<Done> listen();
  void accept();
  void accepted(tcp::socket socket);
  void close();
  /// A connection is gone; there may be room for another one.
  void released(std::uint64_t connection);

  AsioScheduler& scheduler;
  const HttpServerOptions options;
  HttpServer::Handler handler;
  std::unique_ptr<asio::ssl::context> tls;
  tcp::acceptor acceptor{scheduler.context()};
  asio::steady_timer back_off{scheduler.context()};
  std::map<std::uint64_t, Connection*> connections;  // Each removes itself.
  std::uint64_t last_connection = 0;
  std::size_t exchanges_held = 0;
  bool accepting = false;
  bool accept_failing = false;
  bool closed = false;
};

/// One client. Its pending operations keep it alive; drop() ends them.
class Connection final : public AnswerSink,
                         public TlsWriter::Owner,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Core> core, std::uint64_t id, tcp::socket socket)
      : core_(std::move(core)), id_(id), stream_(std::move(socket), *core_->tls) {}
  ~Connection() override { core_->released(id_); }

  void start();
  /// Cuts the client off; an open exchange hears of it.
  void drop() override;

  void respond(const HttpResponse& response) override;
  void begin_stream(const HttpResponse& head) override;
  bool write(std::string chunk) override;
  void end_stream() override;

  std::shared_ptr<TlsWriter::Owner> hold() override { return shared_from_this(); }
  void drained() override;
  void write_failed() override { drop(); }

 private:
  enum class Phase { handshake, idle, receiving, answering, lingering, closed };

  void next_request();
  void read();
  void received(const error_code& error, std::size_t bytes);
  void parse();
  void send_continue();
  void dispatch();
  void call_handler(const std::shared_ptr<ServerExchange>& exchange);
  void keep_open(ServerExchange& exchange);
  void refuse(const HttpResponse& response);
  void send_head(const HttpResponse& response, HttpFraming framing);
  void queue_last();
  void linger();
  void expect_within(Duration limit);

  std::shared_ptr<Core> core_;
  std::uint64_t id_;
  asio::ssl::stream<tcp::socket> stream_;
  asio::steady_timer deadline_{core_->scheduler.context()};
  std::uint64_t deadline_round_ =
      0;  // A wait of an earlier round that has just ended means nothing.
  Phase phase_ = Phase::handshake;
  std::string peer_;

  std::array<char, kReadStepBytes> step_{};
  bool reading_ = false;
  std::string in_;
  std::unique_ptr<Parser> parser_;
  bool continue_sent_ = false;

  std::weak_ptr<ServerExchange> exchange_;
  bool held_ = false;
  bool keep_alive_ = false;
  bool body_wanted_ = true;
  HttpFraming framing_ = HttpFraming::content_length;
  bool chunked_possible_ = true;

  TlsWriter out_{*this, stream_, core_->options.write_time_max};
  bool last_queued_ = false;
};

void Connection::start() {
  expect_within(core_->options.request_time_max);
  stream_.async_handshake(asio::ssl::stream_base::server,
                          [self = shared_from_this()](const error_code& error) {
                            if (self->phase_ == Phase::closed) return;
                            if (error) {
                              log_debug("TLS handshake with a client: {}", error.message());
                              return self->drop();
                            }
                            self->peer_ = peer_common_name(self->stream_.native_handle());
                            self->next_request();
                          });
}

void Connection::drop() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  deadline_.cancel();
  out_.stop();
  error_code ignored;  // It is over either way.
  stream_.lowest_layer().close(ignored);
  if (std::exchange(held_, false)) --core_->exchanges_held;
  if (const auto exchange = exchange_.lock()) exchange->lose();
}

void Connection::expect_within(Duration limit) {
  deadline_.expires_after(limit);
  deadline_.async_wait(
      [weak = weak_from_this(), round = ++deadline_round_](const error_code& error) {
        const auto self = weak.lock();
        if (self && !error && round == self->deadline_round_) self->drop();
      });
}

void Connection::next_request() {
  phase_ = Phase::idle;
  parser_ = std::make_unique<Parser>();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(core_->options.header_bytes_max));
  parser_->body_limit(core_->options.body_bytes_max);
  continue_sent_ = false;
  expect_within(core_->options.idle_time_max);
  parse();
}

void Connection::read() {
  if (reading_ || phase_ == Phase::closed) return;
  reading_ = true;
  stream_.async_read_some(asio::buffer(step_),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->reading_ = false;
                            self->received(error, bytes);
                          });
}

// A read is pending even while an answer is awaited, so that a client that goes is noticed at once.
void Connection::received(const error_code& error, std::size_t bytes) {
  if (phase_ == Phase::closed) return;
  if (error) return drop();
  if (phase_ == Phase::lingering) return read();
  in_.append(step_.data(), bytes);
  if (phase_ != Phase::answering) return parse();
  if (in_.size() < kReadAheadBytesMax) read();
}

void Connection::parse() {
  if (!in_.empty() && phase_ == Phase::idle) {
    phase_ = Phase::receiving;
    expect_within(core_->options.request_time_max);
  }
  std::string_view rest = in_;
  error_code error;
  while (!rest.empty() && !parser_->is_done() && !error) {
    const std::size_t used = parser_->put(asio::buffer(rest.data(), rest.size()), error);
    rest.remove_prefix(used);
    if (used == 0) break;
  }
  in_.erase(0, in_.size() - rest.size());
  if (error == http::error::header_limit) {
    return refuse(problem_response(431, "invalid", "the request's head is too long"));
  }
  if (error == http::error::body_limit) {
    return refuse(problem_response(413, "invalid", "the request's body is too long"));
  }
  if (error && error != http::error::need_more) {
    return refuse(problem_response(400, "invalid", "the request is not well-formed HTTP"));
  }
  if (parser_->is_done()) return dispatch();
  if (parser_->is_header_done()) send_continue();
  read();
}

void Connection::send_continue() {
  const auto expect = parser_->get().find(http::field::expect);
  if (continue_sent_ || expect == parser_->get().end()) return;
  continue_sent_ = true;
  out_.push("HTTP/1.1 100 Continue\r\n\r\n");
}

void Connection::dispatch() {
  ++deadline_round_;
  deadline_.cancel();
  const Parser::value_type message = parser_->release();
  parser_.reset();
  const std::string_view target(message.target().data(), message.target().size());
  std::optional<HttpTarget> parsed = parse_target(target);
  const bool known_version = message.version() == kVersion10 || message.version() == kVersion11;
  if (!parsed.has_value() || !known_version) {
    return refuse(
        problem_response(400, "invalid", "the request's target or version is not understood"));
  }
  phase_ = Phase::answering;
  keep_alive_ = message.keep_alive();
  body_wanted_ = message.method() != http::verb::head;
  chunked_possible_ = message.version() == kVersion11;
  HttpRequest request{.method = std::string(message.method_string()),
                      .path = std::move(parsed->path),
                      .query = std::move(parsed->query),
                      .headers = headers_of(message),
                      .body = message.body(),
                      .peer = peer_};
  const auto exchange =
      std::make_shared<ServerExchange>(core_->scheduler, weak_from_this(), std::move(request));
  exchange_ = exchange;
  call_handler(exchange);
  if (phase_ == Phase::answering) keep_open(*exchange);
  read();
}

void Connection::call_handler(const std::shared_ptr<ServerExchange>& exchange) {
  if (!core_->handler) return exchange->abandon("the server is closing");
  const HttpServer::Handler handler = core_->handler;  // The handler may close the server.
  try {
    handler(exchange);
    return;
  } catch (const std::exception& thrown) {
    log_error("answer {} {}: {}", exchange->request().method, exchange->request().path,
              thrown.what());
  }
  exchange->abandon("the server failed to answer");
}

/// Counts an exchange that stays open; refuses it when there are too many.
void Connection::keep_open(ServerExchange& exchange) {
  if (exchange.closed()) return;
  if (core_->exchanges_held >= core_->options.exchanges_held_max) {
    exchange.lose();
    return respond(problem_response(503, "unavailable", "too many requests wait for an answer"));
  }
  held_ = true;
  ++core_->exchanges_held;
}

/// Answers a request that could not be read to its end; the connection is of no further use.
void Connection::refuse(const HttpResponse& response) {
  ++deadline_round_;
  deadline_.cancel();
  phase_ = Phase::answering;
  keep_alive_ = false;
  body_wanted_ = true;
  respond(response);
}

void Connection::send_head(const HttpResponse& response, HttpFraming framing) {
  constexpr std::int64_t kPerSecond = 1000;
  framing_ = framing;
  out_.push(response_head(response, {.framing = framing,
                                     .content_length = response.body.size(),
                                     .keep_alive = keep_alive_,
                                     .now = core_->scheduler.utc().milliseconds / kPerSecond}));
}

void Connection::respond(const HttpResponse& response) {
  constexpr int kNoContent = 204;
  constexpr int kNotModified = 304;
  const bool bodiless = response.status == kNoContent || response.status == kNotModified;
  send_head(response, bodiless ? HttpFraming::none : HttpFraming::content_length);
  if (body_wanted_ && !bodiless) out_.push(response.body);
  queue_last();
}

void Connection::begin_stream(const HttpResponse& head) {
  keep_alive_ = keep_alive_ && chunked_possible_;
  send_head(head, chunked_possible_ ? HttpFraming::chunked : HttpFraming::until_close);
  if (!head.body.empty()) write(head.body);
}

bool Connection::write(std::string chunk) {
  if (phase_ == Phase::closed) return false;
  if (chunk.empty() || !body_wanted_) return true;
  if (out_.queued_bytes() + chunk.size() > kStreamQueueBytesMax) {
    log_warning("cut off {}: it does not read its stream", peer_);
    drop();
    return false;
  }
  out_.push(framing_ == HttpFraming::chunked ? chunk_of(chunk) : std::move(chunk));
  return true;
}

void Connection::end_stream() {
  if (framing_ == HttpFraming::chunked && body_wanted_) out_.push(std::string(kLastChunk));
  queue_last();
}

void Connection::queue_last() {
  if (phase_ == Phase::closed) return;
  if (std::exchange(held_, false)) --core_->exchanges_held;
  exchange_.reset();
  last_queued_ = true;
  // Everything may have been written already: the end of a stream to a HEAD, or to HTTP/1.0.
  if (out_.idle()) {
    core_->scheduler.post([self = shared_from_this()] { self->drained(); });
  }
}

void Connection::drained() {
  if (phase_ != Phase::answering || !std::exchange(last_queued_, false)) return;
  if (keep_alive_) {
    next_request();
  } else {
    linger();
  }
}

/// Says that nothing more follows, and lets the client read its answer before the connection goes.
void Connection::linger() {
  phase_ = Phase::lingering;
  in_.clear();
  error_code ignored;  // The client has gone already; the read below sees it.
  stream_.lowest_layer().shutdown(tcp::socket::shutdown_send, ignored);
  expect_within(kLingerTime);
  read();
}

Result<Done> Core::load_certificates() {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  Result<Done> ready =
      set_up_tls_server(context->native_handle(), {.host = "",
                                                   .ca_file = options.ca_file,
                                                   .certificate_file = options.certificate_file,
                                                   .key_file = options.key_file});
  if (ready.ok()) tls = std::move(context);
  return ready;
}

Result<Done> Core::listen() {
  const std::string doing = "listen on " + endpoint_text(options.address, options.port);
  if (Result<Done> loaded = load_certificates(); !loaded.ok()) return loaded.error().within(doing);
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) return Error{ErrorCode::invalid, doing + ": not an IP address"};
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return Error{ErrorCode::unavailable,
                 doing + ": address already in use: another process listens there"};
  }
  if (error) return errno_error(doing, error.value());
  accept();
  return Done{};
}

void Core::accept() {
  if (closed || accepting || connections.size() >= options.connections_max) return;
  accepting = true;
  acceptor.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
    self->accepting = false;
    if (self->closed) return;
    if (!error) {
      self->accept_failing = false;
      self->accepted(std::move(socket));
      return self->accept();
    }
    // Said once: it may last, and be tried again ten times a second.
    if (!std::exchange(self->accept_failing, true)) {
      log_warning("accept a connection: {}; trying again until it works", error.message());
    }
    self->back_off.expires_after(kAcceptBackOff);
    self->back_off.async_wait([self](const error_code&) { self->accept(); });
  });
}

void Core::accepted(tcp::socket socket) {
  notice_dead_peer(socket.native_handle());
  const std::uint64_t id = ++last_connection;
  const auto connection = std::make_shared<Connection>(shared_from_this(), id, std::move(socket));
  connections.emplace(id, connection.get());
  connection->start();
}

void Core::released(std::uint64_t connection) {
  connections.erase(connection);
  accept();
}

void Core::close() {
  closed = true;
  handler = nullptr;
  error_code ignored;  // It is closed either way.
  acceptor.close(ignored);
  back_off.cancel();
  // A dropped connection may remove itself from the map, hence the copy.
  for (const auto& [id, connection] : std::map(connections))
    connection->drop();
}

}  // namespace

struct HttpServer::Impl {
  std::shared_ptr<Core> core;  // Shared with the connections.
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(AsioScheduler& scheduler,
                                                       HttpServerOptions options, Handler handler) {
  auto core = std::make_shared<Core>(scheduler, std::move(options), std::move(handler));
  if (const Result<Done> listening = core->listen(); !listening.ok()) return listening.error();
  return std::unique_ptr<HttpServer>(
      new HttpServer(std::make_unique<Impl>(Impl{std::move(core)})));  // NOLINT: private.
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  close();
}

std::uint16_t HttpServer::port() const {
  error_code error;
  return impl_->core->acceptor.local_endpoint(error).port();
}

Result<Done> HttpServer::reload_certificates() {
  return impl_->core->load_certificates();
}

std::size_t HttpServer::connections() const {
  return impl_->core->connections.size();
}

void HttpServer::close() {
  impl_->core->close();
}

}  // namespace hactl
