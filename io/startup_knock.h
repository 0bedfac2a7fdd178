// knock_at_postgres(): whether a PostgreSQL speaks its protocol, without logging in.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/time.h"

namespace hactl {

class AsioScheduler;

enum class StartupAnswer {
  answered,  ///< It answered the question whether it does TLS.
  refused,   ///< Nobody listens on that port.
  silent,    ///< No answer within the time, or no way there.
};

/// Connects to `host`, asks for TLS, waits for the answer, and leaves. `answered` comes once, in a
/// later task of `scheduler`, which outlives the call, and after `limit` at the latest.
/// Source: PostgreSQL 15 documentation, 55.2.10 "SSL Session Encryption".
void knock_at_postgres(AsioScheduler& scheduler, const std::string& host, std::uint16_t port,
                       Duration limit, std::function<void(StartupAnswer)> answered);

}  // namespace hactl
