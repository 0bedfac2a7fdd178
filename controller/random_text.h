// Text that nobody can guess, from the kernel's random source.
#pragma once

#include <string>

namespace hactl {

/// A password of 24 letters and digits: 142 bits.
std::string random_password();

/// A UUID, version 4.
std::string random_uuid();

}  // namespace hactl
