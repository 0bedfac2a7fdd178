#include "io/http_server.h"

#include <gtest/gtest.h>

#include "tests/io/raw_tls_client.h"
#include "tests/io/test_server.h"

namespace hactl {
namespace {

constexpr std::string_view kPeer = "GET /peer HTTP/1.1\r\nHost: x\r\n\r\n";

/// The first line of the answer to `request` on a connection of its own.
std::string status_line(const TestServer& server, std::string_view request) {
  RawTlsClient client(server.port());
  client.send(request);
  std::string line = client.read_until("\r\n");
  if (line.ends_with("\r\n")) line.resize(line.size() - 2);
  return line;
}

void expect_alive(const TestServer& server) {
  EXPECT_EQ(status_line(server, kPeer), "HTTP/1.1 200 OK");
}

TEST(HttpServer, ServesRequestsOnOneConnectionInTheirOrder) {
  const TestServer server;
  RawTlsClient client(server.port());
  client.send(std::string(kPeer) + "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello" +
              "GET /peer HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_all();
  const std::size_t peer = answers.find("\r\n\r\nparis-aHTTP/1.1 200 OK");
  const std::size_t echo = answers.find("\r\n\r\nhelloHTTP/1.1 200 OK");
  EXPECT_NE(peer, std::string::npos) << answers;
  EXPECT_LT(peer, echo);
  EXPECT_TRUE(answers.ends_with("\r\n\r\nparis-a")) << answers;
}

TEST(HttpServer, RefusesClientsWithoutACertificateOfItsAuthority) {
  const TestServer server;
  RawTlsClient none(server.port(), "");
  none.send(kPeer);
  EXPECT_EQ(none.read_all(), "");
  RawTlsClient stranger(server.port(), "stranger");
  stranger.send(kPeer);
  EXPECT_EQ(stranger.read_all(), "");
  // A certificate for servers only is not one for clients.
  RawTlsClient wrong_purpose(server.port(), "server");
  wrong_purpose.send(kPeer);
  EXPECT_EQ(wrong_purpose.read_all(), "");
  expect_alive(server);
}

TEST(HttpServer, SpeaksTls12ButNothingOlder) {
  const TestServer server;
  EXPECT_TRUE(RawTlsClient(server.port(), "client", TLS1_2_VERSION).connected());
  EXPECT_FALSE(RawTlsClient(server.port(), "client", TLS1_1_VERSION).connected());
}

TEST(HttpServer, AnswersMalformedRequestsAndLivesOn) {
  const TestServer server;
  const std::string bad = "HTTP/1.1 400 Bad Request";
  EXPECT_EQ(status_line(server, "nonsense\r\n\r\n"), bad);
  EXPECT_EQ(status_line(server, std::string("\0\0\0\0\r\n\r\n", 8)), bad);
  EXPECT_EQ(status_line(server, "GET / HTTP/9.9\r\n\r\n"), bad);
  EXPECT_EQ(status_line(server, "GET /%zz HTTP/1.1\r\n\r\n"), bad);
  EXPECT_EQ(status_line(server, "GET * HTTP/1.1\r\n\r\n"), bad);
  EXPECT_EQ(status_line(server, "GET / HTTP/1.1\r\nbad header\r\n\r\n"), bad);
  EXPECT_EQ(status_line(server, std::string("GET / HTTP/1.1\r\na: \0\r\n\r\n", 23)), bad);
  for (const char* length : {"-1", "x", "99999999999999999999999", "5, 6"}) {
    EXPECT_EQ(status_line(server, "POST /echo HTTP/1.1\r\nContent-Length: " + std::string(length) +
                                      "\r\n\r\nhello"),
              bad)
        << length;
  }
  for (const char* chunk : {"-1", "-2", "zz", "fffffffffffffffffffff"}) {
    EXPECT_EQ(status_line(server, "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                      std::string(chunk) + "\r\nhello\r\n0\r\n\r\n"),
              bad)
        << chunk;
  }
  EXPECT_EQ(status_line(server,
                        "POST /echo HTTP/1.1\r\nContent-Length: 5\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            bad);
  expect_alive(server);
}

TEST(HttpServer, LimitsHeadAndBody) {
  const TestServer server;
  EXPECT_EQ(status_line(server, "GET / HTTP/1.1\r\na: " + std::string(100'000, 'x') + "\r\n\r\n"),
            "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_EQ(status_line(server, "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n"),
            "HTTP/1.1 431 Request Header Fields Too Large");
  const std::string most(kRequestBodyBytesMax, 'x');
  const std::string length = std::to_string(most.size());
  EXPECT_EQ(
      status_line(server, "POST /echo HTTP/1.1\r\nContent-Length: " + length + "\r\n\r\n" + most),
      "HTTP/1.1 200 OK");
  EXPECT_EQ(status_line(server, "POST /echo HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n" + most),
            "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(
      status_line(server, "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n"),
      "HTTP/1.1 413 Payload Too Large");
  expect_alive(server);
}

TEST(HttpServer, TakesChunkedBodiesAndPromisesToContinue) {
  const TestServer server;
  RawTlsClient client(server.port());
  client.send(
      "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
      "Connection: close\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
  EXPECT_TRUE(client.read_all().ends_with("\r\n\r\nabcde"));
}

TEST(HttpServer, AnswersHeadWithoutABodyAndOldClientsWithAnEnd) {
  const TestServer server;
  RawTlsClient client(server.port());
  client.send("HEAD /peer HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string head = client.read_all();
  EXPECT_NE(head.find("Content-Length: 7\r\n"), std::string::npos) << head;
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  RawTlsClient old(server.port());
  old.send("GET /peer HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.read_all().ends_with("\r\n\r\nparis-a"));
}

TEST(HttpServer, AnswersWhenAHandlerThrowsOrForgets) {
  const TestServer server;
  RawTlsClient client(server.port());
  client.send("GET /throw HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.read_until("\r\n").starts_with("HTTP/1.1 500 "));
  EXPECT_NE(client.read_until("}").find(R"("message":"the server failed to answer")"),
            std::string::npos);
  client.send("GET /drop HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.read_until("\r\n").starts_with("HTTP/1.1 500 "));
  expect_alive(server);
}

TEST(HttpServer, NoticesThatAWaitingClientHasGone) {
  for (const bool politely : {true, false}) {
    TestServer server;
    auto client = std::make_unique<RawTlsClient>(server.port());
    client->send("GET /later HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(server.wait_held());
    if (!politely) client->vanish();
    client.reset();
    EXPECT_TRUE(server.wait_closed());
  }
}

TEST(HttpServer, NoticesThatTheReaderOfAStreamHasGone) {
  TestServer server;
  auto client = std::make_unique<RawTlsClient>(server.port());
  client->send("GET /stream HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client->read_until("first\n\r\n").ends_with("6\r\nfirst\n\r\n"));
  client.reset();
  EXPECT_TRUE(server.wait_closed());
}

TEST(HttpServer, CutsOffAReaderThatStalls) {
  HttpServerOptions options = TlsWorld::shared().server_options();
  options.write_time_max = 200ms;
  TestServer server(options);
  RawTlsClient client(server.port());
  // More than the sockets' buffers take.
  client.send("GET /big?bytes=50000000 HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(server.wait_unconnected());
  expect_alive(server);
}

TEST(HttpServer, CutsOffAStreamThatQueuesTooMuch) {
  const TestServer server;
  RawTlsClient client(server.port());
  client.send("GET /flood HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(client.read_all().ends_with("0\r\n\r\n"));
  expect_alive(server);
}

TEST(HttpServer, CutsOffAClientThatIsTooSlow) {
  HttpServerOptions options = TlsWorld::shared().server_options();
  options.request_time_max = 200ms;
  const TestServer server(options);
  RawTlsClient client(server.port());
  client.send("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe");
  EXPECT_EQ(client.read_all(), "");
  expect_alive(server);
}

TEST(HttpServer, ClosesIdleConnectionsButNotWaitingOnes) {
  HttpServerOptions options = TlsWorld::shared().server_options();
  options.idle_time_max = 100ms;
  options.request_time_max = 100ms;
  TestServer server(options);
  RawTlsClient waiting(server.port());
  waiting.send("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(server.wait_held());
  RawTlsClient idle(server.port());
  EXPECT_EQ(idle.read_all(), "");
  RawTlsClient other(server.port());
  other.send("POST /release HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(waiting.read_until("released").ends_with("released"));
}

TEST(HttpServer, RefusesMoreWaitersThanItMayHold) {
  HttpServerOptions options = TlsWorld::shared().server_options();
  options.exchanges_held_max = 1;
  TestServer server(options);
  RawTlsClient first(server.port());
  first.send("GET /later HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(server.wait_held());
  EXPECT_EQ(status_line(server, "GET /later HTTP/1.1\r\n\r\n"), "HTTP/1.1 503 Service Unavailable");
  EXPECT_TRUE(server.wait_closed());
  expect_alive(server);
}

TEST(HttpServer, TakesNoMoreConnectionsThanAllowedUntilOneEnds) {
  HttpServerOptions options = TlsWorld::shared().server_options();
  options.connections_max = 1;
  const TestServer server(options);
  auto first = std::make_unique<RawTlsClient>(server.port());
  ASSERT_TRUE(first->connected());
  std::thread next([&] { expect_alive(server); });
  first->send(kPeer);
  EXPECT_TRUE(first->read_until("paris-a").ends_with("paris-a"));
  first.reset();
  next.join();
}

TEST(HttpServer, SaysWhyItCannotListen) {
  AsioScheduler scheduler;
  const auto ignore = [](const std::shared_ptr<HttpExchange>& exchange) { exchange->respond({}); };
  HttpServerOptions options = TlsWorld::shared().server_options();
  const auto first = HttpServer::listen(scheduler, options, ignore);
  ASSERT_TRUE(first.ok());
  options.port = first.value()->port();
  const auto second = HttpServer::listen(scheduler, options, ignore);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_EQ(second.error().message, "listen on 127.0.0.1:" + std::to_string(options.port) +
                                        ": address already in use: another process listens there");
  options.address = "localhost";
  EXPECT_EQ(HttpServer::listen(scheduler, options, ignore).error().code, ErrorCode::invalid);
  options.key_file = "/nonexistent";
  const auto keyless = HttpServer::listen(scheduler, options, ignore);
  EXPECT_NE(keyless.error().message.find("read private key /nonexistent"), std::string::npos)
      << keyless.error().message;
}

TEST(HttpServer, CanBeClosedByItsOwnHandler) {
  AsioScheduler scheduler;
  std::unique_ptr<HttpServer> server;
  server = HttpServer::listen(scheduler, TlsWorld::shared().server_options(),
                              [&](const std::shared_ptr<HttpExchange>& exchange) {
                                server->close();
                                exchange->respond({});
                                EXPECT_TRUE(exchange->closed());
                                scheduler.stop();
                              })
               .value();
  const std::uint16_t port = server->port();
  std::thread client([&] {
    RawTlsClient raw(port);
    raw.send(kPeer);
    EXPECT_EQ(raw.read_all(), "");
  });
  scheduler.run();
  client.join();
}

}  // namespace
}  // namespace hactl
