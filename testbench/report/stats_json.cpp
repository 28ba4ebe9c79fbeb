#include "testbench/report/stats_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "testbench/output/posix_file.h"

namespace pade {

namespace {

using json = nlohmann::ordered_json;

json to_json(const stat_value& value) {
    return std::visit(
        [](const auto& v) -> json {
            using T = std::decay_t<decltype(v)>;
            if constexpr (std::is_same_v<T, std::monostate>)
                return nullptr;
            else if constexpr (std::is_same_v<T, double>)
                return std::isfinite(v) ? json(v) : json(nullptr);
            else
                return json(v);
        },
        value);
}

/// The place that a path names: "per_head[2].pairs.total".
json& place(json& root, const std::string& path) {
    json* at = &root;
    std::size_t begin = 0;
    while (begin < path.size()) {
        const std::size_t dot = std::min(path.find('.', begin), path.size());
        std::string key = path.substr(begin, dot - begin);
        std::size_t index = 0;
        const std::size_t bracket = key.find('[');
        const bool indexed = bracket != std::string::npos;
        if (indexed) {
            index = std::stoul(key.substr(bracket + 1));
            key.resize(bracket);
        }
        at = &(*at)[key];
        if (indexed)
            at = &(*at)[index];
        begin = dot + 1;
    }
    return *at;
}

}  // namespace

std::string stats_to_json(const stats& figures) {
    json root = json::object();
    for (const stat& s : figures.entries())
        place(root, s.path) = to_json(s.value);
    return root.dump(2) + "\n";
}

void write_text(const std::filesystem::path& path, const std::string& text) {
    posix_file file(path);
    file.append(text.data(), text.size());
    file.close();
}

}  // namespace pade
