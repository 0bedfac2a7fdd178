// ControllerWorld: a controller with its API over TLS, on a thread of its own, and clients with
// certificates of its authority. It can be stopped and started again on the same store.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "codec/json.h"
#include "codec/messages.h"
#include "codec/spec_json.h"
#include "codec/warning_header.h"
#include "controller/api.h"
#include "controller/setup.h"
#include "controller/sqlite_store.h"
#include "io/asio_scheduler.h"
#include "io/http_client.h"
#include "tests/controller/no_knocker.h"
#include "tests/controller/sample_formation.h"
#include "tests/io/temporary_directory.h"

namespace hactl {

inline constexpr const char* kFormations = "/apis/hactl/v1/formations";
inline constexpr const char* kDefault = "/apis/hactl/v1/formations/default";

/// An answer with its body decoded; null when it is none.
struct Answer {
  int status = 0;
  nlohmann::json body;
  std::vector<std::string> warnings{};
};

class ControllerWorld {
 public:
  ControllerWorld() : files_(directory_.path()) {
    HACTL_CHECK(init_controller({.directory = directory_.path(), .hosts = {"127.0.0.1"}}).ok());
    for (const char* name : {"viewer", "node:a", "node:b"}) {
      IssueOptions issue{.directory = directory_.path(),
                         .name = name,
                         .hosts = {},
                         .out_directory = directory_.file(name)};
      if (role_of(name) == Role::node) issue.hosts = {"127.0.0.1"};
      HACTL_CHECK(issue_to_directory(issue).ok());
    }
    start();
  }
  ControllerWorld(const ControllerWorld&) = delete;
  ControllerWorld& operator=(const ControllerWorld&) = delete;
  ~ControllerWorld() { stop(); }

  void start() {
    std::promise<void> ready;
    scheduler_ = std::make_unique<AsioScheduler>();
    store_ = std::move(SqliteStore::open(*scheduler_, files_.store)).value();
    api_ = std::make_unique<ControllerApi>(*scheduler_, *store_, knocker_);
    HttpServerOptions options;
    options.ca_file = files_.ca_certificate;
    options.certificate_file = files_.server_certificate;
    options.key_file = files_.server_key;
    server_ = std::move(HttpServer::listen(*scheduler_, options, [this](auto exchange) {
                api_->answer(std::move(exchange));
              })).value();
    api_->start(StoreIs::as_it_was, [&](const Result<Done>& started) {
      HACTL_CHECK(started.ok());
      ready.set_value();
    });
    thread_ = std::thread([this] { scheduler_->run(); });
    ready.get_future().wait();
  }

  void stop() {
    scheduler_->post([this] {
      server_->close();
      scheduler_->post([this] { scheduler_->stop(); });
    });
    thread_.join();
    api_.reset();
    server_.reset();
    store_.reset();
    scheduler_.reset();
  }

  HttpClientOptions client_options(const std::string& who) const {
    HttpClientOptions options;
    options.base_url = "https://127.0.0.1:" + std::to_string(server_->port());
    options.ca_file = files_.ca_certificate;
    const bool admin = who == "admin";
    options.certificate_file = admin ? files_.admin_certificate : directory_.file(who + "/tls.crt");
    options.key_file = admin ? files_.admin_key : directory_.file(who + "/tls.key");
    return options;
  }

  Answer send(const std::string& who, const std::string& method, const std::string& path,
              const nlohmann::json& body = nullptr) const {
    BlockingHttpClient client(client_options(who));
    HttpCall call;
    call.method = method;
    call.path_and_query = path;
    if (!body.is_null()) call.body = dump_json(body);
    const Result<HttpAnswer> answer = client.send(std::move(call));
    HACTL_CHECK(answer.ok());
    Result<nlohmann::json> json = parse_json(answer->body, kAnswerBytesMax);
    return {answer->status, json.ok() ? std::move(*json) : nlohmann::json(answer->body),
            warnings_in(answer->warning)};
  }
  Answer get(const std::string& path) const { return send("admin", "GET", path); }
  Answer put(const nlohmann::json& formation, const std::string& query = {}) const {
    return send("admin", "PUT", kDefault + query, formation);
  }

  Answer patch(const std::string& body, const std::string& content_type,
               const std::string& query = {}) const {
    BlockingHttpClient client(client_options("admin"));
    HttpCall call;
    call.method = "PATCH";
    call.path_and_query = kDefault + query;
    call.body = body;
    call.content_type = content_type;
    const Result<HttpAnswer> answer = client.send(std::move(call));
    HACTL_CHECK(answer.ok());
    return {answer->status, parse_json(answer->body, kAnswerBytesMax).value()};
  }

  /// The first `count` lines of a watch, but for bookmarks.
  std::vector<nlohmann::json> watch(const std::string& path_and_query, std::size_t count) const {
    BlockingHttpClient client(client_options("admin"));
    HttpCall call;
    call.path_and_query = path_and_query;
    std::vector<nlohmann::json> lines;
    static_cast<void>(client.stream_lines(std::move(call), [&](std::string_view line) {
      lines.push_back(parse_json(line).value());
      if (lines.back()["type"] == "BOOKMARK") lines.pop_back();
      return lines.size() < count;
    }));
    return lines;
  }

  static nlohmann::json sample() { return formation_json(sample_formation()); }

 private:
  TemporaryDirectory directory_;
  ControllerFiles files_;
  std::unique_ptr<AsioScheduler> scheduler_;
  std::unique_ptr<SqliteStore> store_;
  testing::NoKnocker knocker_;
  std::unique_ptr<ControllerApi> api_;
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

}  // namespace hactl
