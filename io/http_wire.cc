#include "io/http_wire.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/check.h"
#include "io/http_server.h"

namespace hactl {
namespace {

int hex_digit(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

enum class Plus { literal, space };

std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

bool add_parameter(HttpTarget& target, std::string_view parameter) {
  if (parameter.empty()) return true;
  const std::size_t equals = std::min(parameter.find('='), parameter.size());
  const std::size_t value_at = std::min(equals + 1, parameter.size());
  std::optional<std::string> name = decode(parameter.substr(0, equals), Plus::space);
  std::optional<std::string> value = decode(parameter.substr(value_at), Plus::space);
  if (!name.has_value() || !value.has_value()) return false;
  target.query.insert_or_assign(*std::move(name), *std::move(value));
  return true;
}

std::string without_controls(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return text;
}

}  // namespace

std::optional<HttpTarget> parse_target(std::string_view target) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  std::optional<std::string> path = decode(target.substr(0, mark), Plus::literal);
  if (!path.has_value() || !path->starts_with('/')) return std::nullopt;
  HttpTarget parsed{.path = *std::move(path), .query = {}};
  std::string_view rest = target.substr(std::min(mark + 1, target.size()));
  while (!rest.empty()) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    if (!add_parameter(parsed, parameter)) return std::nullopt;
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
  }
  return parsed;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Payload Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Entity";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Unknown";
  }
}

std::string response_head(const HttpResponse& response, const HttpHead& head) {
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", response.status,
                  reason_of(response.status), fmt::gmtime(head.now));
  if (!response.content_type.empty()) {
    text += fmt::format("Content-Type: {}\r\n", without_controls(response.content_type));
  }
  switch (head.framing) {
    case HttpFraming::content_length:
      text += fmt::format("Content-Length: {}\r\n", head.content_length);
      break;
    case HttpFraming::chunked: text += "Transfer-Encoding: chunked\r\n"; break;
    case HttpFraming::none:
    case HttpFraming::until_close: break;
  }
  if (!head.keep_alive) text += "Connection: close\r\n";
  for (const auto& [name, value] : response.headers) {
    text += fmt::format("{}: {}\r\n", without_controls(name), without_controls(value));
  }
  text += "\r\n";
  return text;
}

std::string chunk_of(std::string_view data) {
  HACTL_CHECK(!data.empty());
  return fmt::format("{:x}\r\n{}\r\n", data.size(), data);
}

}  // namespace hactl
