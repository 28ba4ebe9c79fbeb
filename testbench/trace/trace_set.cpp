#include "testbench/trace/trace_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "model/errors.h"

namespace pade {

std::uint32_t trace_set::visible_keys(std::uint32_t query) const {
    if (!causal)
        return keys;
    const std::int64_t last = std::int64_t{first_query} + query + causal_offset;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(last + 1, 0, keys));
}

bool trace_set::has_real(unsigned head) const {
    const trace_kv_head& kv = kv_heads[heads[head].kv];
    return !heads[head].q_real.empty() && !kv.k_real.empty() && !kv.v_real.empty();
}

namespace {

template <typename T>
void keep_rows(std::vector<T>& rows, std::size_t width, std::size_t first, std::size_t last) {
    if (rows.empty())
        return;
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(last * width), rows.end());
    rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(first * width));
}

void regroup(const trace_set& all, const std::vector<std::vector<unsigned>>& groups, trace_set& chosen) {
    const std::string set = all.path.string();
    chosen.heads.clear();
    chosen.kv_heads.clear();
    for (const std::vector<unsigned>& group : groups) {
        if (group.empty() || group.size() != groups[0].size())
            throw input_error(
                fmt::format("{}: a part of the selected heads has {} heads, the first has {}; allowed: "
                            "parts of equal size, at least 1",
                            set, group.size(), groups[0].size()));
        for (const unsigned head : group) {
            if (head >= all.heads.size())
                throw input_error(
                    fmt::format("{}: head {} is selected; allowed: 0 to {}", set, head, all.heads.size() - 1));
            if (all.heads[head].kv != all.heads[group[0]].kv)
                throw input_error(
                    fmt::format("{}: heads {} and {} are selected for one KV head; allowed: heads that "
                                "share one in the set",
                                set, group[0], head));
            if (std::count(group.begin(), group.end(), head) != 1)
                throw input_error(
                    fmt::format("{}: head {} is selected twice for one KV head; allowed: each once", set, head));
            chosen.heads.push_back(all.heads[head]);
            chosen.heads.back().kv = static_cast<unsigned>(chosen.kv_heads.size());
        }
        chosen.kv_heads.push_back(all.kv_heads[all.heads[group[0]].kv]);
    }
    if (chosen.heads.size() > trace_limits::heads)
        throw input_error(
            fmt::format("{}: {} heads are selected; allowed: 1 to {}", set, chosen.heads.size(), trace_limits::heads));
}

}  // namespace

std::string groups_text(const selection& what) {
    std::vector<std::string> parts;
    for (const std::vector<unsigned>& group : what.groups)
        parts.push_back(fmt::format("{}", fmt::join(group, ",")));
    return fmt::format("{}", fmt::join(parts, "/"));
}

trace_set select(const trace_set& all, const selection& what) {
    trace_set chosen = all;
    if (what.head) {
        if (*what.head >= all.heads.size())
            throw input_error(fmt::format("{}: head {} is selected; allowed: 0 to {}", all.path.string(), *what.head,
                                          all.heads.size() - 1));
        chosen.heads = {all.heads[*what.head]};
        chosen.kv_heads = {all.kv_heads[all.heads[*what.head].kv]};
        chosen.heads[0].kv = 0;
    }
    if (!what.groups.empty())
        regroup(all, what.groups, chosen);
    if (what.queries) {
        const auto [first, last] = *what.queries;
        if (first >= last || last > all.queries)
            throw input_error(
                fmt::format("{}: queries {}:{} are selected (from the first to before the last); allowed: A:B with 0 "
                            "<= A < B <= {}",
                            all.path.string(), first, last, all.queries));
        for (trace_head& head : chosen.heads) {
            keep_rows(head.q, all.head_dim, first, last);
            keep_rows(head.q_real, all.head_dim, first, last);
        }
        chosen.queries = last - first;
        chosen.first_query = all.first_query + first;
    }
    // Later queries see more, so the first one tells.
    if (chosen.visible_keys(0) == 0)
        throw input_error(fmt::format(
            "{}: query {} is selected but sees no key (causal_offset {}); allowed: queries that see at least one",
            all.path.string(), chosen.first_query, all.causal_offset));
    return chosen;
}

std::vector<std::filesystem::path> find_sets(const std::vector<std::filesystem::path>& directories) {
    namespace fs = std::filesystem;
    std::vector<fs::path> sets;
    const auto add_if_set = [&](const fs::path& folder) {
        std::error_code error;
        if (fs::exists(folder / "manifest.json", error))
            sets.push_back(folder);
    };
    for (const fs::path& directory : directories) {
        std::error_code error;
        if (!fs::is_directory(directory, error))
            continue;
        add_if_set(directory);
        const auto options = fs::directory_options::skip_permission_denied;
        for (fs::recursive_directory_iterator it(directory, options, error), end; !error && it != end;
             it.increment(error))
            if (it->is_directory(error) && !it->is_symlink(error))
                add_if_set(it->path());
        if (error)
            throw input_error(
                fmt::format("{}: cannot be searched for trace sets: {}; allowed: folders that can be read",
                            directory.string(), error.message()));
    }
    std::sort(sets.begin(), sets.end());
    sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
    return sets;
}

std::vector<std::filesystem::path> trace_directories(const std::filesystem::path& fallback) {
    const char* value = std::getenv("PADE_TRACES");
    if (value == nullptr || *value == '\0')
        return {fallback};
    std::vector<std::filesystem::path> directories;
    const std::string text = value;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t colon = std::min(text.find(':', from), text.size());
        if (colon > from)
            directories.emplace_back(text.substr(from, colon - from));
        from = colon + 1;
    }
    return directories;
}

}  // namespace pade
