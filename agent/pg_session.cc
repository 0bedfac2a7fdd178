#include "agent/pg_session.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <utility>

namespace hactl {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, FreeResult>;

/// libpq's messages have several lines; an error has one.
std::string one_line(const char* message) {
  std::string text = message == nullptr ? "" : message;
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos;) {
    text.replace(at, 1, "; ");
  }
  return text;
}

/// Waits until the connection's socket is ready; false when the deadline has passed.
bool wait_for(PGconn* connection, short events, Clock::time_point until) {
  while (true) {
    pollfd wait{PQsocket(connection), events, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    const int milliseconds = static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
    const int ready = poll(&wait, 1, milliseconds);
    if (ready > 0) return true;
    if (ready == 0 && left <= 0) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Result<Done> finish_connecting(PGconn* connection, Clock::time_point until) {
  short events = POLLOUT;
  while (true) {
    if (PQstatus(connection) == CONNECTION_BAD) {
      return Error{ErrorCode::unavailable, one_line(PQerrorMessage(connection))};
    }
    if (!wait_for(connection, events, until)) {
      return Error{ErrorCode::timed_out, "connect to PostgreSQL: no answer in time"};
    }
    switch (PQconnectPoll(connection)) {
      case PGRES_POLLING_OK: return Done{};
      case PGRES_POLLING_READING: events = POLLIN; break;
      case PGRES_POLLING_WRITING: events = POLLOUT; break;
      default: return Error{ErrorCode::unavailable, one_line(PQerrorMessage(connection))};
    }
  }
}

Result<Done> send(PGconn* connection, const std::string& statements, Clock::time_point until) {
  if (PQsendQuery(connection, statements.c_str()) == 0) {
    return Error{ErrorCode::unavailable, one_line(PQerrorMessage(connection))};
  }
  while (true) {
    const int left = PQflush(connection);
    if (left == 0) return Done{};
    if (left < 0) return Error{ErrorCode::unavailable, one_line(PQerrorMessage(connection))};
    if (!wait_for(connection, POLLIN | POLLOUT, until)) {
      return Error{ErrorCode::timed_out, "no answer in time"};
    }
    if (PQconsumeInput(connection) == 0) {
      return Error{ErrorCode::unavailable, one_line(PQerrorMessage(connection))};
    }
  }
}

PgRows rows_of(const PGresult* result) {
  PgRows rows(static_cast<std::size_t>(PQntuples(result)));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (int field = 0; field < PQnfields(result); ++field) {
      const int number = static_cast<int>(row);
      rows[row].push_back(PQgetisnull(result, number, field) != 0
                              ? std::nullopt
                              : std::optional<std::string>(PQgetvalue(result, number, field)));
    }
  }
  return rows;
}

/// Takes results until the server is ready for the next command.
Result<std::vector<PgRows>> receive(PGconn* connection, Clock::time_point until) {
  std::vector<PgRows> all;
  std::optional<Error> refused;
  while (true) {
    while (PQisBusy(connection) != 0) {
      if (!wait_for(connection, POLLIN, until)) {
        return Error{ErrorCode::timed_out, "no answer in time"};
      }
      if (PQconsumeInput(connection) == 0) {
        return Error{ErrorCode::unavailable, one_line(PQerrorMessage(connection))};
      }
    }
    const ResultHandle result(PQgetResult(connection));
    if (result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      all.push_back(rows_of(result.get()));
    } else if (!refused) {
      const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
      refused = Error{ErrorCode::invalid,
                      one_line(message != nullptr ? message : PQerrorMessage(connection))};
    }
  }
  if (PQstatus(connection) != CONNECTION_OK) {
    return Error{ErrorCode::unavailable,
                 refused ? refused->message : one_line(PQerrorMessage(connection))};
  }
  if (refused) return *refused;
  return all;
}

void ignore_notice(void* /*context*/, const PGresult* /*result*/) {}

std::string quoted(std::string_view text, char mark) {
  std::string result(1, mark);
  for (const char c : text) {
    if (c == mark) result += c;
    result += c;
  }
  return result + mark;
}

}  // namespace

void PgSession::Close::operator()(pg_conn* connection) const {
  PQfinish(connection);
}

Result<PgSession> PgSession::open(const std::map<std::string, std::string>& keywords,
                                  Duration limit) {
  const auto until = Clock::now() + limit;
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  PgSession session(PQconnectStartParams(names.data(), values.data(), 0));
  PGconn* connection = session.connection_.get();
  if (connection == nullptr) return Error{ErrorCode::unavailable, "libpq: out of memory"};
  PQsetNoticeReceiver(connection, ignore_notice, nullptr);
  const Result<Done> connected = finish_connecting(connection, until);
  if (!connected.ok()) return connected.error();
  if (PQsetnonblocking(connection, 1) != 0) {
    return Error{ErrorCode::internal, one_line(PQerrorMessage(connection))};
  }
  return session;
}

Result<PgSession> PgSession::open(const std::string& conninfo, Duration limit) {
  return open(parse_conninfo(conninfo), limit);
}

Result<std::vector<PgRows>> PgSession::run(const std::string& statements, Duration limit) {
  if (connection_ == nullptr) return Error{ErrorCode::unavailable, "the session is closed"};
  const auto until = Clock::now() + limit;
  const Result<Done> sent = send(connection_.get(), statements, until);
  Result<std::vector<PgRows>> received =
      sent.ok() ? receive(connection_.get(), until) : Result<std::vector<PgRows>>(sent.error());
  // A late answer would be taken for that of the next statement.
  if (!received.ok() && received.error().code != ErrorCode::invalid) connection_.reset();
  return received;
}

Result<std::string> PgSession::scram_verifier(const std::string& user,
                                              const std::string& password) {
  char* text =
      PQencryptPasswordConn(connection_.get(), password.c_str(), user.c_str(), "scram-sha-256");
  if (text == nullptr) {
    return Error{ErrorCode::internal, one_line(PQerrorMessage(connection_.get()))};
  }
  std::string verifier = text;
  PQfreemem(text);
  return verifier;
}

std::string sql_literal(std::string_view text) {
  std::string escaped;
  for (const char c : text)
    escaped += c == '\\' ? "\\\\" : std::string(1, c);
  // E'' reads a backslash in one way only.
  return "E" + quoted(escaped, '\'');
}

std::string sql_identifier(std::string_view text) {
  return quoted(text, '"');
}

std::map<std::string, std::string> parse_conninfo(const std::string& text) {
  std::map<std::string, std::string> values;
  PQconninfoOption* options = PQconninfoParse(text.c_str(), nullptr);
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->val != nullptr) values[option->keyword] = option->val;
  }
  PQconninfoFree(options);
  return values;
}

}  // namespace hactl
