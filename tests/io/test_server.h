// TestServer: an HttpServer with some routes, on a scheduler and thread of its own.
#pragma once

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "io/asio_scheduler.h"
#include "io/http_server.h"
#include "tests/io/tls_world.h"

namespace hactl {

/// Routes: /peer answers with the client's name, /echo with the body, /later when /release comes,
/// /stream begins a stream to which /line adds its body and which /end ends, /big?bytes= answers
/// with that many, /flood streams until the client is cut off, /throw throws, /drop forgets the
/// exchange.
class TestServer {
 public:
  explicit TestServer(HttpServerOptions options = TlsWorld::shared().server_options()) {
    server_ = HttpServer::listen(scheduler_, std::move(options), [this](auto exchange) {
                answer(std::move(exchange));
              }).value();
    port_ = server_->port();
    thread_ = std::thread([this] { scheduler_.run(); });
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;
  ~TestServer() {
    scheduler_.post([this] {
      held_.reset();
      server_.reset();
      scheduler_.stop();
    });
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// True when a request came to /later or /stream, respectively its client went, in good time.
  bool wait_held() { return held_count_.get_future().wait_for(kPatience) == kReady; }
  bool wait_closed() { return closed_count_.get_future().wait_for(kPatience) == kReady; }

 private:
  static constexpr std::chrono::seconds kPatience{20};
  static constexpr std::future_status kReady = std::future_status::ready;

  void answer(std::shared_ptr<HttpExchange> exchange) {
    const HttpRequest& request = exchange->request();
    const std::string path = request.path;
    if (path == "/later" || path == "/stream") return hold(std::move(exchange));
    if (path == "/flood") return flood(*exchange);
    if (path == "/drop") return;
    if (path == "/throw") throw std::runtime_error("a defect");
    HttpResponse response;
    response.content_type = "text/plain";
    if (path == "/peer") response.body = request.peer;
    if (path == "/echo") response.body = request.body;
    if (path == "/big") response.body.assign(std::stoul(request.query.at("bytes")), 'x');
    if (path == "/release" && held_) std::exchange(held_, nullptr)->respond({.body = "released"});
    if (path == "/line" && held_) held_->write(request.body);
    if (path == "/end" && held_) std::exchange(held_, nullptr)->end_stream();
    if (path == "/missing") response.status = 404;
    exchange->respond(std::move(response));
  }

  void hold(std::shared_ptr<HttpExchange> exchange) {
    if (exchange->request().path == "/stream") exchange->begin_stream({.body = "first\n"});
    exchange->on_closed([this] { closed_count_.set_value(); });
    held_ = std::move(exchange);
    if (!std::exchange(held_told_, true)) held_count_.set_value();
  }

  static void flood(HttpExchange& exchange) {
    constexpr std::size_t kPiece = std::size_t{64} << 10U;
    exchange.begin_stream({});
    while (exchange.write(std::string(kPiece, 'x'))) {
    }
  }

  AsioScheduler scheduler_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::shared_ptr<HttpExchange> held_;
  bool held_told_ = false;
  std::promise<void> held_count_;
  std::promise<void> closed_count_;
  std::thread thread_;
};

}  // namespace hactl
