#include "controller/daemon.h"

#include <memory>
#include <optional>
#include <utility>

#include "controller/api.h"
#include "controller/postgres_knocker.h"
#include "controller/setup.h"
#include "controller/sqlite_store.h"
#include "io/asio_scheduler.h"
#include "io/http_server.h"
#include "io/log.h"

namespace hactl {
namespace {

/// Every agent holds a poll and sends reports beside it; people and load balancers come on top.
constexpr std::size_t kConnectionsMax = 2 * kAgentsMax + 256;
constexpr std::size_t kExchangesHeldMax = kAgentsMax + kWatchesMax + 64;

HttpServerOptions server_options(const RunOptions& options, const ControllerFiles& files) {
  HttpServerOptions server;
  server.address = options.listen;
  server.port = options.port;
  server.ca_file = files.ca_certificate;
  server.certificate_file = files.server_certificate;
  server.key_file = files.server_key;
  server.connections_max = kConnectionsMax;
  server.exchanges_held_max = kExchangesHeldMax;
  return server;
}

}  // namespace

Result<Done> run_controller(const RunOptions& options) {
  const ControllerFiles files(options.directory);
  AsioScheduler scheduler;
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(scheduler, files.store);
  if (!store.ok()) return store.error();
  PostgresKnocker knocker(scheduler);
  auto api = std::make_unique<ControllerApi>(scheduler, **store, knocker);
  Result<std::unique_ptr<HttpServer>> server =
      HttpServer::listen(scheduler, server_options(options, files),
                         [&api](auto exchange) { api->answer(std::move(exchange)); });
  if (!server.ok()) return server.error();

  std::optional<Error> failed;
  api->start(options.store_is, [&](const Result<Done>& started) {
    if (started.ok()) {
      log_info("listening on {} port {}", options.listen, (*server)->port());
      return;
    }
    failed = started.error();
    scheduler.stop();
  });
  scheduler.on_signal([&scheduler](int number) {
    log_info("stopping on signal {}", number);
    scheduler.stop();
  });
  scheduler.run();

  // What waits for an answer hears that there will be none, while those who are told still live.
  (*server)->close();
  scheduler.post([&scheduler] { scheduler.stop(); });
  scheduler.run();
  api.reset();
  if (failed) return *failed;
  return Done{};
}

}  // namespace hactl
