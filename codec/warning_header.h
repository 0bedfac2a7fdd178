// The Warning header of HTTP (RFC 7234, 5.5) as Kubernetes uses it: 299 - "text", … Lines of text
// to one header and back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hactl {

/// Warnings of one answer; the last says how many more there were.
inline constexpr std::size_t kWarningsMax = 16;
/// Length of one; longer ones are cut.
inline constexpr std::size_t kWarningBytesMax = 512;

/// The header's value; empty when there is nothing to say. Control characters become spaces.
std::string warning_header(const std::vector<std::string>& warnings);

/// The texts of a header's value, within the same limits. What is no warning is passed over.
std::vector<std::string> warnings_in(std::string_view header);

}  // namespace hactl
