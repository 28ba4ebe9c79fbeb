// Presets: small JSON files that name only what differs from the defaults. They are built into the program; `--config`
// takes their names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/params.h"

namespace pade {

struct preset {
    std::string_view name;
    std::string_view json;
};

namespace detail {
const std::vector<preset>& embedded_presets();
}

/// In the order of their names.
const std::vector<preset>& presets();

/// Lays a --config argument over `p`: a preset's name, or the path of a file (whatever holds a `/` or a `.`). Throws
/// input_error; the message for an unknown name lists the presets.
void load_config(params& p, const std::string& argument);

}  // namespace pade
