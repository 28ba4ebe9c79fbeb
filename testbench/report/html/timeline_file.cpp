// timeline.json, read strictly: what testbench/run/timeline.cpp writes, and nothing else.
#include <nlohmann/json.hpp>

#include "model/errors.h"
#include "model/regular_file.h"
#include "model/strict_json.h"
#include "testbench/report/html/run_record.h"

namespace pade::html {

namespace fs = std::filesystem;
using json = nlohmann::json;

namespace {

constexpr std::uint64_t most_bytes = std::uint64_t{1} << 26;
constexpr std::size_t most_bins = 4096;

class reader {
  public:
    explicit reader(std::string path) : path_(std::move(path)) {}

    const json& member(const json& object, const char* key) const {
        if (!object.is_object() || !object.contains(key))
            fail(std::string(key) + " is missing", "what pade-sim run writes");
        return object[key];
    }
    std::uint64_t count(const json& object, const char* key, std::uint64_t most) const {
        const json& value = member(object, key);
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most)
            fail(std::string(key) + " is " + shown(value), "0 to " + std::to_string(most));
        return value.get<std::uint64_t>();
    }
    /// `length` counts.
    std::vector<double> series(const json& value, const std::string& key, std::size_t length) const {
        if (!value.is_array() || value.size() != length)
            fail(key + " is " + (value.is_array() ? "a list of " + std::to_string(value.size()) : shown(value)),
                 "a list of " + std::to_string(length) + " counts");
        std::vector<double> all;
        for (const json& each : value) {
            if (!each.is_number_unsigned())
                fail(key + " has the element " + shown(each), "counts");
            all.push_back(each.get<double>());
        }
        return all;
    }
    std::vector<std::vector<double>> table(const json& value, const std::string& key, std::size_t rows,
                                           std::size_t columns) const {
        if (!value.is_array() || value.size() != rows)
            fail(key + " is no list of " + std::to_string(rows), "one list each, as config.json says");
        std::vector<std::vector<double>> all;
        for (const json& row : value)
            all.push_back(series(row, key, columns));
        return all;
    }
    [[noreturn]] void fail(const std::string& what, const std::string& allowed) const {
        throw input_error(path_ + ": " + what + "; allowed: " + allowed);
    }

  private:
    static std::string shown(const json& value) {
        return value.is_primitive() ? value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60)
                                    : std::string(value.type_name());
    }
    std::string path_;
};

}  // namespace

double recorded_timeline::width(std::size_t bin) const {
    const double before = static_cast<double>(bin) * static_cast<double>(cycles_per_bin);
    return bin + 1 < bins ? static_cast<double>(cycles_per_bin) : static_cast<double>(cycles) - before;
}

const std::vector<double>& recorded_timeline::counter(const std::string& name) const {
    const auto found = counters.find(name);
    if (found == counters.end())
        throw input_error(path + ": counters." + name + " is missing; allowed: what pade-sim run writes");
    return found->second;
}

std::optional<recorded_timeline> read_timeline(const fs::path& out, const params& p) {
    const fs::path path = out / "timeline.json";
    std::error_code error;
    if (fs::symlink_status(path, error).type() == fs::file_type::not_found)
        return std::nullopt;
    const reader in(path.string());
    const json root = parse_strict_json(read_regular_file(path, most_bytes, "a timeline.json"), path.string());
    if (!root.is_object() || in.count(root, "schema_version", 1) != 1)
        in.fail("is no timeline", "schema_version 1");
    recorded_timeline line;
    line.path = path.string();
    line.cycles = in.count(root, "cycles", std::uint64_t{1} << 50);
    line.cycles_per_bin = in.count(root, "cycles_per_bin", std::uint64_t{1} << 50);
    line.bins = in.count(root, "bins", most_bins);
    if (line.bins == 0 || line.cycles_per_bin == 0 || line.cycles > line.bins * line.cycles_per_bin ||
        line.cycles <= (line.bins - 1) * line.cycles_per_bin)
        in.fail("bins x cycles_per_bin do not cover the cycles", "bins of which only the last is short");
    const json& counters = in.member(root, "counters");
    if (!counters.is_object())
        in.fail("counters is no object", "lists by name");
    for (auto it = counters.begin(); it != counters.end(); ++it)
        line.counters[it.key()] = in.series(it.value(), "counters." + it.key(), line.bins);
    const json& boards = in.member(root, "scoreboards");
    line.looks = in.series(in.member(boards, "looks"), "scoreboards.looks", line.bins);
    line.entries_held =
        in.table(in.member(boards, "entries_held"), "scoreboards.entries_held", p.rows.count, line.bins);
    const json& banks = in.member(root, "dram_banks");
    for (const char* name : {"reads", "writes", "activates", "row_conflicts"})
        line.dram_banks[name] =
            in.table(in.member(banks, name), std::string("dram_banks.") + name, p.dram.pseudo_channels,
                     std::size_t{p.dram.bank_groups} * p.dram.banks_per_group);
    return line;
}

}  // namespace pade::html
