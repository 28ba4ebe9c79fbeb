#include "model/presets.h"

#include <algorithm>
#include <filesystem>

#include "model/errors.h"
#include "model/params_json.h"

namespace pade {

const std::vector<preset>& presets() {
    static const std::vector<preset> sorted = [] {
        auto all = detail::embedded_presets();
        std::sort(all.begin(), all.end(), [](const preset& a, const preset& b) { return a.name < b.name; });
        return all;
    }();
    return sorted;
}

void load_config(params& p, const std::string& argument) {
    std::string names;
    for (const preset& each : presets()) {
        if (each.name == argument) {
            merge_params(p, each.json, "preset " + argument);
            return;
        }
        names += (names.empty() ? "" : ", ") + std::string(each.name);
    }
    std::error_code error;
    if (argument.find_first_of("/.") == std::string::npos && !std::filesystem::exists(argument, error))
        throw input_error("--config: no preset and no file is called '" + argument +
                          "'; allowed: a JSON file, or one of " + names);
    load_params(p, argument);
}

}  // namespace pade
