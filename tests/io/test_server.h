// TestServer: an HttpServer with some routes, on a scheduler and thread of its own.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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
      held_.clear();
      server_.reset();
      scheduler_.stop();
    });
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// True when a request came to /later or /stream, respectively its client went, in good time.
  bool wait_held() { return wait(held_one_); }
  bool wait_closed() { return wait(closed_); }

  /// True when no connection is left, in good time.
  bool wait_unconnected() {
    scheduler_.post([this] { look_for_connections(); });
    return wait(unconnected_);
  }

 private:
  static constexpr std::chrono::seconds kPatience{20};

  void look_for_connections() {
    if (server_->connections() == 0) return tell(unconnected_);
    scheduler_.at(scheduler_.now() + 5ms, [this] { look_for_connections(); });
  }

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
    const bool acts = path == "/line" || path == "/release" || path == "/end";
    if (acts && !held_.empty()) act_on_held(path, request.body);
    if (path == "/missing") response.status = 404;
    exchange->respond(std::move(response));
  }

  void act_on_held(const std::string& path, const std::string& body) {
    if (path == "/line") held_.front()->write(body);
    if (path == "/release") held_.front()->respond({.body = "released"});
    if (path == "/end") held_.front()->end_stream();
    if (path != "/line") held_.erase(held_.begin());
  }

  void hold(std::shared_ptr<HttpExchange> exchange) {
    if (exchange->request().path == "/stream") exchange->begin_stream({.body = "first\n"});
    exchange->on_closed([this] { tell(closed_); });
    held_.push_back(std::move(exchange));
    tell(held_one_);
  }

  struct Event {
    std::promise<void> happened;
    bool told = false;
  };

  static void tell(Event& event) {
    if (!std::exchange(event.told, true)) event.happened.set_value();
  }

  static bool wait(Event& event) {
    return event.happened.get_future().wait_for(kPatience) == std::future_status::ready;
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
  std::vector<std::shared_ptr<HttpExchange>> held_;
  Event held_one_;
  Event closed_;
  Event unconnected_;
  std::thread thread_;
};

}  // namespace hactl
