// The two ways in which a run may end early, and the exit code that each one means (docs/architecture.md, "The
// program").
#pragma once

#include <stdexcept>
#include <string>

namespace pade {

/// Something the user gave us is wrong: what, where, and what is allowed, in one sentence. Exit code 2.
class input_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The model itself is wrong or stuck. Exit code 4.
class internal_error : public std::logic_error {
  public:
    using std::logic_error::logic_error;
};

namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int bad_input = 2;
inline constexpr int failed_check = 3;
inline constexpr int internal = 4;
}  // namespace exit_code

}  // namespace pade
