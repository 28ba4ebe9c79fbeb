// retained.npy, counted into maps.
#include <algorithm>
#include <cmath>

#include "model/errors.h"
#include "testbench/output/npy_writer.h"
#include "testbench/report/html/run_record.h"

namespace pade::html {

namespace {

constexpr std::size_t most_cells = 64;  // along an axis

/// A shape from stats.json, before anything is sized by it.
std::uint64_t whole(const figures_of& f, const std::string& name, double most) {
    const double value = f.number(name);
    if (!(value >= 1) || value > most || value != std::floor(value))
        throw input_error("stats.json: " + name + " is " + std::to_string(value) + "; allowed: whole numbers from 1");
    return static_cast<std::uint64_t>(value);
}

struct shape {
    std::uint64_t heads, queries, keys;
    bool causal;
};

/// Keys that query q of the run may see under a mask that begins `offset` keys late.
std::uint64_t visible(const shape& s, std::uint64_t q, std::int64_t offset) {
    if (!s.causal)
        return s.keys;
    const std::int64_t count = static_cast<std::int64_t>(q) + offset + 1;
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(count, 0, static_cast<std::int64_t>(s.keys)));
}

/// The mask's offset is not in stats.json, but the pairs that it hid are.
std::int64_t offset_of(const shape& s, double masked) {
    std::int64_t low = -static_cast<std::int64_t>(s.queries);
    std::int64_t high = static_cast<std::int64_t>(s.keys);
    while (low < high) {  // the lowest offset that hides no more than was hidden
        const std::int64_t middle = low + (high - low) / 2;
        double hidden = 0;
        for (std::uint64_t q = 0; q < s.queries; ++q)
            hidden += static_cast<double>(s.keys - visible(s, q, middle));
        if (hidden > masked)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

}  // namespace

std::vector<retained_map> read_retained_maps(const std::filesystem::path& out, const figures_of& figures,
                                             std::uint32_t most_heads) {
    const auto causal = figures.flag("job.causal");
    if (!causal)
        throw input_error((out / "stats.json").string() + ": has no job.causal; allowed: a run of this version");
    const shape s = {whole(figures, "job.heads", 1e6), whole(figures, "job.queries", 1e7),
                     whole(figures, "job.keys", 1e7), *causal};
    const std::int64_t offset = s.causal ? offset_of(s, figures.number("per_head[0].pairs.masked")) : 0;
    std::vector<retained_map> maps(std::min<std::uint64_t>(s.heads, most_heads));
    for (std::uint32_t head = 0; head < maps.size(); ++head) {
        retained_map& map = maps[head];
        map.head = head;
        map.rows = std::min<std::uint64_t>(s.queries, most_cells);
        map.columns = std::min<std::uint64_t>(s.keys, most_cells);
        map.kept.resize(map.rows * map.columns);
        map.visible.resize(map.kept.size());
        for (std::uint64_t q = 0; q < s.queries; ++q) {
            const std::uint64_t keys = visible(s, q, offset);
            for (std::size_t c = 0; c < map.columns; ++c) {
                const std::uint64_t from = (c * s.keys + map.columns - 1) / map.columns;
                const std::uint64_t to = ((c + 1) * s.keys + map.columns - 1) / map.columns;
                map.visible[q * map.rows / s.queries * map.columns + c] +=
                    static_cast<double>(std::min(to, keys) - std::min(from, keys));
            }
        }
    }
    const std::filesystem::path path = out / "retained.npy";
    if (std::error_code error; !std::filesystem::is_regular_file(path, error))
        throw input_error(path.string() + ": is no file; allowed: the folder of a finished run");
    const std::uint64_t rows = read_retained(path, [&](const retained_row& row) {
        const auto at = [](std::int32_t value) { return static_cast<std::uint64_t>(value); };
        if (row.head < 0 || at(row.head) >= s.heads || row.query < 0 || at(row.query) >= s.queries || row.key < 0 ||
            at(row.key) >= s.keys)
            throw input_error(path.string() + ": head " + std::to_string(row.head) + ", query " +
                              std::to_string(row.query) + ", key " + std::to_string(row.key) +
                              " is not in the run; allowed: what stats.json beside it says");
        if (at(row.head) < maps.size()) {
            retained_map& map = maps[at(row.head)];
            ++map.kept[at(row.query) * map.rows / s.queries * map.columns + at(row.key) * map.columns / s.keys];
        }
    });
    if (static_cast<double>(rows) != figures.number("pairs.retained"))
        throw input_error(path.string() + ": has " + std::to_string(rows) +
                          " rows; allowed: as many as pairs.retained of the stats.json beside it");
    return maps;
}

}  // namespace pade::html
