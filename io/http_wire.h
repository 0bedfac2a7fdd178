// The parts of HTTP/1.1 that are plain text: targets taken apart, heads and chunks put together.
// Pure functions for io/http_server.cc.
#pragma once

#include <cstddef>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace hactl {

struct HttpResponse;

/// A request's target, decoded.
struct HttpTarget {
  std::string path{};
  std::map<std::string, std::string> query{};
};

/// How the end of a body is told.
enum class HttpFraming { none, content_length, chunked, until_close };

/// What a head says beside the response's own headers.
struct HttpHead {
  HttpFraming framing = HttpFraming::content_length;
  std::size_t content_length = 0;
  bool keep_alive = true;
  std::time_t now = 0;
};

/// "/a%20b?c=d" taken apart; nullopt unless it begins with a slash and every escape is two hex
/// digits and none is a NUL.
std::optional<HttpTarget> parse_target(std::string_view target);

/// ASCII letters as small ones; for header names.
std::string lower_case(std::string_view text);

/// The words of a status: "Not Found"; "Unknown" for one that we do not know.
std::string_view reason_of(int status);

/// Status line and headers, with the empty line. Control characters in headers become spaces.
std::string response_head(const HttpResponse& response, const HttpHead& head);

/// One chunk of a chunked body. Requires that `data` is not empty: an empty chunk is the end.
std::string chunk_of(std::string_view data);

/// The end of a chunked body.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace hactl
