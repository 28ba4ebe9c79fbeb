#include "testbench/run/gtkw.h"

#include <algorithm>
#include <map>

namespace pade {

namespace {

// Flags of a trace (gtkwave's analyzer.h): how its value is printed.
constexpr const char* binary = "@28";
constexpr const char* hex = "@22";
constexpr const char* decimal = "@24";
constexpr const char* with_sign = "@420";
constexpr const char* comment = "@200";

struct line {
    const char* path;  ///< below `pade.`; {row}, {lane}, {column}, {channel} are filled in
    const char* format;
};
struct group {
    const char* title;
    std::vector<line> lines;
};

const std::vector<group>& layout() {
    static const std::vector<group> groups = {
        {"job", {{"register_file.running", binary}}},
        {"row {row}: query and T",
         {{"guard_filter_{row}.bui_generator.slot0_query", decimal},
          {"guard_filter_{row}.threshold_unit.slot0_t_valid", binary},
          {"guard_filter_{row}.threshold_unit.slot0_t", with_sign},
          {"row_{row}.scoreboard_used", decimal},
          {"row_{row}.bui_entries", binary}}},
        {"column {column}: what is asked for and picked",
         {{"dispatcher.column_{column}.state", decimal},
          {"dispatcher.column_{column}.keys", decimal},
          {"dispatcher.column_{column}.pick_valid", binary},
          {"dispatcher.column_{column}.pick_token", decimal},
          {"dispatcher.column_{column}.pick_plane", decimal},
          {"dispatcher.column_{column}.pick_rows", binary}}},
        {"lane {lane}",
         {{"pe_lane_{lane}.class", decimal},
          {"pe_lane_{lane}.scoreboard.used", decimal},
          {"pe_lane_{lane}.gsat.valid", binary},
          {"pe_lane_{lane}.gsat.token", decimal},
          {"pe_lane_{lane}.gsat.plane", decimal},
          {"pe_lane_{lane}.gsat.partial", with_sign},
          {"pe_lane_{lane}.decision.valid", binary},
          {"pe_lane_{lane}.decision.token", decimal},
          {"pe_lane_{lane}.decision.plane", decimal},
          {"pe_lane_{lane}.decision.partial", with_sign},
          {"pe_lane_{lane}.decision.upper", with_sign},
          {"pe_lane_{lane}.decision.t", with_sign},
          {"pe_lane_{lane}.decision.verdict", decimal},
          {"pe_lane_{lane}.verdicts.items", decimal},
          {"pe_lane_{lane}.verdicts.id", decimal}}},
        {"dispatcher",
         {{"dispatcher.requests", decimal}, {"dispatcher.merges", decimal}, {"dispatcher.open_tiles", decimal}}},
        {"KV buffer",
         {{"kv_buffer.k_feed_class", decimal},
          {"kv_buffer.k_planes", decimal},
          {"kv_buffer.bank_0.access", decimal},
          {"kv_buffer.bank_0.stalled", decimal}}},
        {"DRAM pseudo channel {channel}",
         {{"hbm2.pseudo_channel_{channel}.row_command", decimal},
          {"hbm2.pseudo_channel_{channel}.row_bank", decimal},
          {"hbm2.pseudo_channel_{channel}.row_row", hex},
          {"hbm2.pseudo_channel_{channel}.column_command", decimal},
          {"hbm2.pseudo_channel_{channel}.column_bank", decimal},
          {"hbm2.pseudo_channel_{channel}.column_row", hex},
          {"hbm2.pseudo_channel_{channel}.read_queue", decimal},
          {"hbm2.pseudo_channel_{channel}.write_queue", decimal}}},
        {"V-PU",
         {{"v_pu.class", decimal},
          {"v_pu.round.valid", binary},
          {"v_pu.round.rows", binary},
          {"v_pu.round.key_0", decimal},
          {"v_pu.round.key_1", decimal}}}};
    return groups;
}

std::string filled(std::string text, const std::map<std::string, std::string>& numbers) {
    for (const auto& [name, number] : numbers)
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name))
            text.replace(at, name.size(), number);
    return text;
}

}  // namespace

std::string gtkwave_save_file(const std::vector<std::pair<std::string, unsigned>>& signals) {
    const std::map<std::string, unsigned> widths(signals.begin(), signals.end());
    const auto first = [&signals](const std::string& prefix, const std::string& otherwise) {
        for (const auto& [path, width] : signals)
            if (path.compare(0, prefix.size(), prefix) == 0)
                return path.substr(prefix.size(), path.find('.', prefix.size()) - prefix.size());
        return otherwise;
    };
    const std::string lane = first("pade.pe_lane_", "0_0");
    const std::string row = lane.substr(0, lane.find('_'));
    const std::map<std::string, std::string> numbers = {{"{lane}", lane},
                                                        {"{row}", row},
                                                        {"{column}", lane.substr(row.size() + 1)},
                                                        {"{channel}", first("pade.hbm2.pseudo_channel_", "0")}};
    std::string text = "[timestart] 0\n[signals_width] 320\n[sst_expanded] 1\n";
    for (const group& g : layout()) {
        std::string lines;
        for (const line& l : g.lines) {
            const std::string path = "pade." + filled(l.path, numbers);
            const auto found = widths.find(path);
            if (found == widths.end())
                continue;
            lines += std::string(l.format) + "\n" + path +
                     (found->second == 1 ? "" : "[" + std::to_string(found->second - 1) + ":0]") + "\n";
        }
        if (!lines.empty())
            text += std::string(comment) + "\n-" + filled(g.title, numbers) + "\n" + lines;
    }
    return text;
}

}  // namespace pade
