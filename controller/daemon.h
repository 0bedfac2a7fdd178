// `ha-controller run`: store, API and server on one scheduler, until a signal.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "controller/store.h"

namespace hactl {

struct RunOptions {
  std::string directory;           ///< As `init` made it; the store is in it.
  std::string listen = "0.0.0.0";  ///< Every client needs a certificate, wherever it comes from.
  std::uint16_t port = 8008;       ///< 0: any free one, which is logged.
  StoreIs store_is = StoreIs::as_it_was;
};

/// Runs until SIGTERM or SIGINT. Errors: what kept it from starting.
Result<Done> run_controller(const RunOptions& options);

}  // namespace hactl
