// The only include of Boost.Asio. Boost 1.74 uses std::exchange without <utility> in C++20 mode, so
// <utility> comes first. Include this in .cc files only: it costs seconds of compile time.
#pragma once

// clang-format off
#include <utility>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
// clang-format on
