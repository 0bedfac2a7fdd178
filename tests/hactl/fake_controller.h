// FakeController: an HttpServer that answers with canned objects, and notes what it was asked.
#pragma once

#include <deque>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "hactl/config.h"
#include "io/asio_scheduler.h"
#include "io/http_server.h"
#include "tests/io/tls_world.h"

namespace hactl {

class FakeController {
 public:
  /// "GET /path?query" (as far as the query is asked about) to the answer.
  using Answers = std::map<std::string, HttpResponse>;

  /// \param port  0: any free one.
  explicit FakeController(Answers answers, std::uint16_t port = 0) : answers_(std::move(answers)) {
    HttpServerOptions options = TlsWorld::shared().server_options();
    options.port = port;
    server_ = HttpServer::listen(scheduler_, options, [this](auto exchange) {
                answer(*exchange);
              }).value();
    port_ = server_->port();
    thread_ = std::thread([this] { scheduler_.run(); });
  }
  FakeController(const FakeController&) = delete;
  FakeController& operator=(const FakeController&) = delete;
  ~FakeController() {
    scheduler_.post([this] {
      server_.reset();
      scheduler_.stop();
    });
    thread_.join();
  }

  /// What hactl must be configured with to reach it.
  [[nodiscard]] Config config() const {
    const HttpClientOptions options = TlsWorld::shared().client_options(port_);
    return Config{
        "fake",
        {{"fake", options.base_url, options.ca_file, options.certificate_file, options.key_file}}};
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

  /// Changes an answer.
  void set(const std::string& request, HttpResponse response) {
    const std::lock_guard lock(mutex_);
    answers_[request] = std::move(response);
  }

  /// Changes the answer to `request` once `trigger` has been asked.
  void set_after(const std::string& trigger, const std::string& request, HttpResponse response) {
    const std::lock_guard lock(mutex_);
    later_[trigger] = {request, std::move(response)};
  }

  /// Answers so the next time, before what set() said counts again.
  void answer_once(const std::string& request, HttpResponse response) {
    const std::lock_guard lock(mutex_);
    once_[request].push_back(std::move(response));
  }

  /// The bodies of all requests to `request`, in their order.
  [[nodiscard]] std::vector<std::string> bodies(const std::string& request) {
    const std::lock_guard lock(mutex_);
    return bodies_[request];
  }

 private:
  void answer(HttpExchange& exchange) {
    const HttpRequest& request = exchange.request();
    std::string name = request.method + " " + request.path;
    char mark = '?';
    for (const auto& [key, value] : request.query) {
      name += mark + key + "=" + value;
      mark = '&';
    }
    const std::lock_guard lock(mutex_);
    bodies_[name].push_back(request.body);
    if (auto due = later_.extract(name); !due.empty()) {
      answers_[due.mapped().first] = std::move(due.mapped().second);
    }
    if (std::deque<HttpResponse>& once = once_[name]; !once.empty()) {
      exchange.respond(std::move(once.front()));
      once.pop_front();
      return;
    }
    const auto found = answers_.find(name);
    if (found != answers_.end()) return exchange.respond(found->second);
    exchange.respond({.status = 404,
                      .body = R"({"kind":"Status","reason":"NotFound","code":404,)"
                              R"("message":"formations \"default\" not found"})"});
  }

  std::mutex mutex_;
  Answers answers_;
  std::map<std::string, std::vector<std::string>> bodies_;
  std::map<std::string, std::pair<std::string, HttpResponse>> later_;
  std::map<std::string, std::deque<HttpResponse>> once_;
  AsioScheduler scheduler_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace hactl
