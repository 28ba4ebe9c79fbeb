#include "testbench/batch/figures_of.h"

#include <nlohmann/json.hpp>

#include "model/errors.h"
#include "model/regular_file.h"
#include "model/strict_json.h"

namespace pade {

namespace {

/// "/per_head/2/pairs/total" -> "per_head[2].pairs.total".
std::string dotted(const std::string& pointer) {
    std::string name;
    std::size_t begin = 1;
    while (begin <= pointer.size()) {
        const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
        const std::string part = pointer.substr(begin, end - begin);
        const bool index = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
        name += index ? "[" + part + "]" : (name.empty() ? "" : ".") + part;
        begin = end + 1;
    }
    return name;
}

}  // namespace

figures_of::figures_of(const std::filesystem::path& out) : path_(out / "stats.json") {
    constexpr std::uint64_t most = std::uint64_t{1} << 30;
    const auto root = parse_strict_json(read_regular_file(path_, most, "the folder of a finished run"), path_.string());
    if (!root.is_object())
        throw input_error(path_.string() + ": is no object; allowed: the folder of a finished run");
    const auto flat = root.flatten();  // items() does not keep it alive
    for (const auto& [pointer, value] : flat.items()) {
        const std::string name = dotted(pointer);
        if (value.is_number())
            numbers_[name] = value.get<double>();
        else if (value.is_boolean())
            flags_[name] = value.get<bool>();
        else if (value.is_string())
            texts_[name] = value.get<std::string>();
    }
}

double figures_of::number(const std::string& name) const {
    const auto found = numbers_.find(name);
    if (found == numbers_.end())
        throw input_error(path_.string() + ": has no number called " + name + "; allowed: a run of this version");
    return found->second;
}

std::string figures_of::text(const std::string& name) const {
    const auto found = texts_.find(name);
    return found == texts_.end() ? "" : found->second;
}

std::optional<bool> figures_of::flag(const std::string& name) const {
    const auto found = flags_.find(name);
    return found == flags_.end() ? std::nullopt : std::optional<bool>(found->second);
}

std::string figures_of::failed_checks() const {
    std::string names;
    for (const auto& [name, value] : flags_)
        if (name.rfind("checks.", 0) == 0 && !value)
            names += (names.empty() ? "" : ", ") + name.substr(7);
    return names;
}

largest_bound largest_bound_of(const figures_of& figures) {
    largest_bound best;
    for (const char* name : {"lanes", "k_feed", "dram", "vpu", "v_port"}) {
        const double cycles = figures.number("bounds." + std::string(name));
        if (cycles > best.cycles)
            best = {name, cycles, figures.ratio("bounds." + std::string(name), figures.number("time.cycles"))};
    }
    return best;
}

}  // namespace pade
