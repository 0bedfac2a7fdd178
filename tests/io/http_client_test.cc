#include "io/http_client.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "io/file_descriptor.h"
#include "tests/io/test_server.h"

namespace hactl {
namespace {

HttpCall get(const std::string& path) {
  HttpCall call;
  call.path_and_query = path;
  return call;
}

HttpCall post(const std::string& path, std::string body) {
  HttpCall call = get(path);
  call.method = "POST";
  call.body = std::move(body);
  return call;
}

/// A client on a scheduler that this thread runs until an answer has come.
class Asking {
 public:
  explicit Asking(HttpClientOptions options)
      : client_(std::make_unique<HttpClient>(scheduler_, std::move(options))) {}

  Result<HttpAnswer> ask(HttpCall call) {
    std::optional<Result<HttpAnswer>> got;
    client_->send(std::move(call), [&](Result<HttpAnswer> answer) {
      got = std::move(answer);
      scheduler_.stop();
    });
    scheduler_.run();
    return *got;
  }

  HttpClient& client() { return *client_; }
  void destroy_client() { client_.reset(); }
  AsioScheduler& scheduler() { return scheduler_; }

 private:
  AsioScheduler scheduler_;
  std::unique_ptr<HttpClient> client_;
};

/// A port on which a socket is bound, listening or not, and nobody answers.
class SilentPort {
 public:
  enum class Kind { refuses, accepts };

  explicit SilentPort(Kind kind) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    HACTL_CHECK(bind(socket_.get(), generic, length) == 0);
    HACTL_CHECK(kind == Kind::refuses || listen(socket_.get(), 1) == 0);
    HACTL_CHECK(getsockname(socket_.get(), generic, &length) == 0);
    port_ = ntohs(address.sin_port);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  FileDescriptor socket_;
  std::uint16_t port_ = 0;
};

const TlsWorld& world() {
  return TlsWorld::shared();
}

TEST(HttpClient, AsksAndIsKnownByItsCertificate) {
  const TestServer server;
  Asking asking(world().client_options(server.port()));
  EXPECT_EQ(asking.ask(get("/peer")).value().body, "paris-a");
  EXPECT_EQ(asking.ask(post("/echo", "a body")).value().body, "a body");
  EXPECT_EQ(asking.ask(post("/echo", "")).value().body, "");
  EXPECT_EQ(asking.ask(get("/missing")).value().status, 404);
  EXPECT_EQ(asking.ask(get("/throw")).value().status, 500);
}

TEST(HttpClient, CarriesLargeBodiesBothWays) {
  const TestServer server;
  Asking asking(world().client_options(server.port()));
  const std::string most(kRequestBodyBytesMax, 'x');
  EXPECT_EQ(asking.ask(post("/echo", most)).value().body, most);
  EXPECT_EQ(asking.ask(get("/big?bytes=5000000")).value().body.size(), 5'000'000U);
}

TEST(HttpClient, HearsThatItsBodyIsTooLarge) {
  const TestServer server;
  Asking asking(world().client_options(server.port()));
  EXPECT_EQ(asking.ask(post("/echo", std::string(kRequestBodyBytesMax + 1, 'x'))).value().status,
            413);
  EXPECT_EQ(asking.ask(post("/echo", std::string(4 * kRequestBodyBytesMax, 'x'))).value().status,
            413);
}

TEST(HttpClient, RefusesAServerOfAnotherAuthority) {
  const TestServer server;
  HttpClientOptions options = world().client_options(server.port());
  options.ca_file = world().file("stranger-ca.pem");
  const Result<HttpAnswer> answer = Asking(options).ask(get("/peer"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  EXPECT_EQ(answer.error().message,
            "GET " + options.base_url + "/peer: connect to " + options.base_url +
                ": the server's certificate is not accepted: unable to get local issuer "
                "certificate (we trust " +
                options.ca_file + " and show " + options.certificate_file + ")");
}

TEST(HttpClient, RefusesAServerWithACertificateForAnotherHost) {
  const TestServer server(world().server_options("elsewhere"));
  const Result<HttpAnswer> answer = Asking(world().client_options(server.port())).ask(get("/peer"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  EXPECT_NE(answer.error().message.find("not accepted: IP address mismatch"), std::string::npos)
      << answer.error().message;
}

TEST(HttpClient, ChecksHostNamesToo) {
  const TestServer server;
  HttpClientOptions options = world().client_options(server.port());
  options.base_url = "https://localhost:" + std::to_string(server.port());
  EXPECT_EQ(Asking(options).ask(get("/peer")).value().body, "paris-a");
}

TEST(HttpClient, SaysWhenItsOwnCertificateIsRefused) {
  const TestServer server;
  HttpClientOptions options = world().client_options(server.port());
  options.certificate_file = world().file("stranger.pem");
  options.key_file = world().file("stranger.key");
  const Result<HttpAnswer> refused = Asking(options).ask(get("/peer"));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("the server refused our certificate: unknown CA"),
            std::string::npos)
      << refused.error().message;
  options.certificate_file = "";
  const Result<HttpAnswer> without = Asking(options).ask(get("/peer"));
  ASSERT_FALSE(without.ok());
  EXPECT_NE(without.error().message.find("refused our certificate: certificate required"),
            std::string::npos)
      << without.error().message;
}

TEST(HttpClient, SaysWhichFileItCannotUse) {
  const TestServer server;
  HttpClientOptions options = world().client_options(server.port());
  options.key_file = "/nonexistent.key";
  const Result<HttpAnswer> answer = Asking(options).ask(get("/peer"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::invalid);
  EXPECT_NE(answer.error().message.find("read private key /nonexistent.key"), std::string::npos)
      << answer.error().message;
}

TEST(HttpClient, SaysWhenNobodyListens) {
  const SilentPort silent(SilentPort::Kind::refuses);
  const HttpClientOptions options = world().client_options(silent.port());
  const Result<HttpAnswer> answer = Asking(options).ask(get("/v1/report?token=secret"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
  EXPECT_EQ(answer.error().message, "GET " + options.base_url + "/v1/report: connect to " +
                                        options.base_url +
                                        ": connection refused or no route to host");
}

TEST(HttpClient, SaysWhenItsUrlIsWrong) {
  HttpClientOptions options = world().client_options(1);
  options.base_url = "gopher://host";
  EXPECT_EQ(Asking(options).ask(get("/")).error().code, ErrorCode::invalid);
  options.base_url = "https://bad host:port";
  EXPECT_EQ(Asking(options).ask(get("/")).error().code, ErrorCode::invalid);
}

TEST(HttpClient, GivesUpInTime) {
  const SilentPort silent(SilentPort::Kind::accepts);
  Asking asking(world().client_options(silent.port()));
  HttpCall call = get("/peer");
  call.timeout = 100ms;
  const Instant start = asking.scheduler().now();
  const Result<HttpAnswer> answer = asking.ask(call);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::timed_out);
  EXPECT_TRUE(answer.error().message.ends_with("/peer: no answer within 100 ms"));
  EXPECT_GE(asking.scheduler().now() - start, 100ms);
}

TEST(HttpClient, GetsAnAnswerThatComesLater) {
  TestServer server;
  Asking asking(world().client_options(server.port()));
  std::optional<Result<HttpAnswer>> later;
  asking.client().send(get("/later"), [&](Result<HttpAnswer> answer) {
    later = std::move(answer);
    asking.scheduler().stop();
  });
  ASSERT_TRUE(server.wait_held());
  EXPECT_FALSE(later.has_value());
  EXPECT_EQ(asking.ask(get("/peer")).value().body, "paris-a");
  asking.client().send(post("/release", ""), [](const Result<HttpAnswer>&) {});
  while (!later.has_value())
    asking.scheduler().run();
  EXPECT_EQ(later->value().body, "released");
}

TEST(HttpClient, CancelledCallsEndAndTheServerNotices) {
  TestServer server;
  Asking asking(world().client_options(server.port()));
  std::vector<Error> errors;
  const CallId call = asking.client().send(get("/later"), [&](const Result<HttpAnswer>& answer) {
    errors.push_back(answer.error());
    asking.scheduler().stop();
  });
  ASSERT_TRUE(server.wait_held());
  asking.client().cancel(call);
  asking.client().cancel(call);
  asking.scheduler().run();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].code, ErrorCode::unavailable);
  EXPECT_TRUE(errors[0].message.ends_with("/later: cancelled")) << errors[0].message;
  EXPECT_TRUE(server.wait_closed());
}

TEST(HttpClient, CanBeDestroyedWithCallsUnderWay) {
  TestServer server;
  Asking asking(world().client_options(server.port()));
  bool called = false;
  for (int i = 0; i < 10; ++i) {
    asking.client().send(get("/later"), [&](const Result<HttpAnswer>&) { called = true; });
    asking.client().send(get("/peer"), [&](const Result<HttpAnswer>&) { called = true; });
  }
  ASSERT_TRUE(server.wait_held());
  asking.destroy_client();
  EXPECT_TRUE(server.wait_closed());
  asking.scheduler().at(asking.scheduler().now() + 50ms, [&] { asking.scheduler().stop(); });
  asking.scheduler().run();
  EXPECT_FALSE(called);
}

TEST(HttpClient, CanBeDestroyedInItsCallback) {
  const TestServer server;
  Asking asking(world().client_options(server.port()));
  asking.client().send(get("/peer"), [&](const Result<HttpAnswer>&) {
    asking.destroy_client();
    asking.scheduler().stop();
  });
  asking.scheduler().run();
}

std::string body_or_error(const Result<HttpAnswer>& answer) {
  return answer.ok() ? answer->body : answer.error().message;
}

TEST(HttpClient, OutlivesARestartOfTheServer) {
  auto server = std::make_unique<TestServer>();
  HttpServerOptions options = world().server_options();
  options.port = server->port();
  Asking asking(world().client_options(options.port));
  EXPECT_EQ(body_or_error(asking.ask(get("/peer"))), "paris-a");
  server = nullptr;
  EXPECT_FALSE(asking.ask(get("/peer")).ok());
  server = std::make_unique<TestServer>(options);
  EXPECT_EQ(body_or_error(asking.ask(get("/peer"))), "paris-a");
  // The next call finds a kept connection whose server is a new one.
  server = nullptr;
  server = std::make_unique<TestServer>(options);
  EXPECT_EQ(body_or_error(asking.ask(get("/peer"))), "paris-a");
  EXPECT_EQ(body_or_error(asking.ask(post("/echo", "again"))), "again");
}

TEST(HttpClient, AnswersTooLongAreErrors) {
  const TestServer server;
  Asking asking(world().client_options(server.port()));
  const Result<HttpAnswer> answer =
      asking.ask(get("/big?bytes=" + std::to_string(kAnswerBytesMax + 1)));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::invalid);
  EXPECT_TRUE(answer.error().message.ends_with(": the answer is longer than 67108864 bytes"))
      << answer.error().message;
}

TEST(BlockingHttpClient, AsksAndFailsAsTheOther) {
  const TestServer server;
  BlockingHttpClient client(world().client_options(server.port()));
  EXPECT_EQ(client.send(get("/peer")).value().body, "paris-a");
  EXPECT_EQ(client.send(post("/echo", "body")).value().body, "body");
  const SilentPort silent(SilentPort::Kind::accepts);
  HttpCall call = get("/peer");
  call.timeout = 50ms;
  EXPECT_EQ(BlockingHttpClient(world().client_options(silent.port())).send(call).error().code,
            ErrorCode::timed_out);
}

TEST(BlockingHttpClient, ReadsLinesAsTheyCome) {
  TestServer server;
  BlockingHttpClient client(world().client_options(server.port()));
  BlockingHttpClient other(world().client_options(server.port()));
  std::vector<std::string> lines;
  const Result<Done> done = client.stream_lines(get("/stream"), [&](std::string_view line) {
    lines.emplace_back(line);
    // The next piece is sent only when this line has arrived.
    if (lines.size() == 1) {
      EXPECT_TRUE(other.send(post("/line", "second\nth")).ok());
    }
    if (lines.size() == 2) {
      EXPECT_TRUE(other.send(post("/line", "ird\nfourth")).ok());
    }
    if (lines.size() == 3) {
      EXPECT_TRUE(other.send(post("/end", "")).ok());
    }
    return true;
  });
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(lines, (std::vector<std::string>{"first", "second", "third", "fourth"}));
}

TEST(BlockingHttpClient, StopsReadingWhenItHasEnough) {
  TestServer server;
  BlockingHttpClient client(world().client_options(server.port()));
  EXPECT_TRUE(client.stream_lines(get("/stream"), [](std::string_view) { return false; }).ok());
  EXPECT_TRUE(server.wait_closed());
  EXPECT_EQ(client.send(get("/peer")).value().body, "paris-a");
}

TEST(BlockingHttpClient, GivesUpOnASilentStream) {
  TestServer server;
  BlockingHttpClient client(world().client_options(server.port()));
  HttpCall call = get("/stream");
  call.timeout = 100ms;
  const Result<Done> done = client.stream_lines(call, [](std::string_view) { return true; });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, ErrorCode::timed_out);
  EXPECT_TRUE(server.wait_closed());
}

TEST(BlockingHttpClient, TellsALostStreamFromAnEnded) {
  auto server = std::make_unique<TestServer>();
  BlockingHttpClient client(world().client_options(server->port()));
  const Result<Done> done = client.stream_lines(get("/stream"), [&](std::string_view) {
    server = nullptr;
    return true;
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().code, ErrorCode::unavailable);
}

TEST(BlockingHttpClient, RefusedStreamsAreErrors) {
  const TestServer server;
  BlockingHttpClient client(world().client_options(server.port()));
  const auto take = [](std::string_view) { return true; };
  EXPECT_EQ(client.stream_lines(get("/missing"), take).error().code, ErrorCode::not_found);
  const Error failed = client.stream_lines(get("/throw"), take).error();
  EXPECT_EQ(failed.code, ErrorCode::internal);
  EXPECT_NE(failed.message.find("/throw: 500 {"), std::string::npos) << failed.message;
}

TEST(BlockingHttpClient, CanBeInterrupted) {
  TestServer server;
  BlockingHttpClient client(world().client_options(server.port()));
  std::thread other([&] {
    EXPECT_TRUE(server.wait_held());
    client.interrupt();
  });
  const Result<HttpAnswer> answer = client.send(get("/later"));
  other.join();
  ASSERT_FALSE(answer.ok());
  EXPECT_TRUE(answer.error().message.ends_with("/later: cancelled"));
  EXPECT_FALSE(client.send(get("/peer")).ok());
}

}  // namespace
}  // namespace hactl
