// What a user would read: for tests of bad input.
#pragma once

#include <functional>
#include <string>

#include "model/errors.h"

namespace pade::test {

/// The message of the input_error that `action` throws; empty when it throws none.
inline std::string refusal(const std::function<void()>& action) {
    try {
        action();
    } catch (const input_error& error) {
        return error.what();
    }
    return "";
}

}  // namespace pade::test
