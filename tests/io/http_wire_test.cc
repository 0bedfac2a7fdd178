#include "io/http_wire.h"

#include <gtest/gtest.h>

#include "io/http_server.h"
#include "io/line_splitter.h"

namespace hactl {
namespace {

TEST(HttpTarget, IsDecoded) {
  const HttpTarget target = parse_target("/v1/a%20b+c?x=1&y=a+b%26&z&x=2&&=e").value();
  EXPECT_EQ(target.path, "/v1/a b+c");
  const std::map<std::string, std::string> expected{
      {"", "e"}, {"x", "2"}, {"y", "a b&"}, {"z", ""}};
  EXPECT_EQ(target.query, expected);
  EXPECT_TRUE(parse_target("/?").value().query.empty());
}

TEST(HttpTarget, MustBeWellFormed) {
  for (const char* wrong : {"", "a", "*", "http://host/", "/%", "/%4", "/%zz", "/%00", "/?a=%0"}) {
    EXPECT_FALSE(parse_target(wrong).has_value()) << wrong;
  }
}

TEST(HttpHead, IsOneHeadWhateverTheHeadersHold) {
  HttpResponse response;
  response.status = 404;
  response.headers = {{"X-Note", "a\r\nSet-Cookie: b"}};
  EXPECT_EQ(response_head(response, {.framing = HttpFraming::content_length,
                                     .content_length = 5,
                                     .keep_alive = false,
                                     .now = 1'795'426'200}),
            "HTTP/1.1 404 Not Found\r\n"
            "Date: Mon, 23 Nov 2026 09:30:00 GMT\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 5\r\n"
            "Connection: close\r\n"
            "X-Note: a  Set-Cookie: b\r\n\r\n");
}

TEST(HttpHead, SaysHowTheBodyEnds) {
  HttpResponse response;
  response.content_type = "";
  const std::string head =
      response_head(response, {.framing = HttpFraming::chunked, .content_length = 0, .now = 0});
  EXPECT_EQ(head,
            "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(chunk_of("abcdefghijklmnopqrstuvwxyz"), "1a\r\nabcdefghijklmnopqrstuvwxyz\r\n");
}

TEST(LineSplitter, JoinsPiecesAndCutsLines) {
  std::string lines;
  LineSplitter splitter([&](std::string_view line) {
    lines.append("[").append(line).append("]");
    return line != "stop";
  });
  EXPECT_TRUE(splitter.feed("a\nb"));
  EXPECT_EQ(splitter.rest_bytes(), 1U);
  EXPECT_TRUE(splitter.feed("c\r\n\nd"));
  splitter.flush();
  EXPECT_FALSE(splitter.feed("stop\nnot this"));
  EXPECT_EQ(lines, "[a][bc][][d][stop]");
}

}  // namespace
}  // namespace hactl
