// PgSession: one connection to a PostgreSQL server, every wait with a deadline. With its .cc the
// only user of libpq. Blocks: for worker threads only; one thread at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

struct pg_conn;

namespace hactl {

/// Rows of one statement; a field without a value is NULL.
using PgRows = std::vector<std::vector<std::optional<std::string>>>;

class PgSession {
 public:
  /// Connects with libpq keywords. Errors: unavailable (with PostgreSQL's words), timed_out.
  static Result<PgSession> open(const std::map<std::string, std::string>& keywords, Duration limit);

  /// Likewise with a connection string and a database.
  static Result<PgSession> open(const std::string& conninfo, Duration limit);

  /// Runs one or more statements in one round trip; the rows of each, in order. On an error of the
  /// connection, or when `limit` has passed, the session is closed for good. Errors: unavailable
  /// (connection), timed_out, invalid (PostgreSQL refused; its message).
  Result<std::vector<PgRows>> run(const std::string& statements, Duration limit);

  /// Whether the session can still be used.
  [[nodiscard]] bool open() const { return connection_ != nullptr; }

  /// `password` as the server keeps it, so that the password itself is never sent or logged.
  Result<std::string> scram_verifier(const std::string& user, const std::string& password);

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };

  explicit PgSession(pg_conn* connection) : connection_(connection) {}

  std::unique_ptr<pg_conn, Close> connection_;
};

/// `text` as an SQL string literal, whatever standard_conforming_strings says.
std::string sql_literal(std::string_view text);

/// `text` as a quoted SQL identifier.
std::string sql_identifier(std::string_view text);

/// The keywords of a libpq connection string; empty when it is none.
std::map<std::string, std::string> parse_conninfo(const std::string& text);

}  // namespace hactl
