// Every parameter of every module, declared once: type, name, default, unit, allowed values, source, one line of text.
// The loader, `pade-sim params`, the JSON Schema and docs/parameters.md all derive from these lists
// (model/params_json). Sources: "paper" = HPCA 2026, Table III or the section named; "ours" = the paper is silent, see
// docs/decisions.md; "measured" = ours, chosen from measurements on real traces.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace pade {

// ---- choices ------------------------------------------------------------------------------------------------------

enum class guard_rule_kind { bui };
enum class dispatch_order { out_of_order, in_order, in_order_single };
enum class dispatch_pick { oldest_key, oldest_arrival };
enum class dispatch_admission { joint, per_lane };
enum class ista_order { head_tail, sequential, custom };
enum class k_layout_kind { plane_first, plane_per_token, value_major };
enum class rows_packing { queries, heads };
enum class replacement_kind { lru, mru };
enum class exp_kind { table, exact };
enum class dram_refresh { all_bank, per_bank, none };
enum class dram_page_policy { open, closed, timed };

/// The spelling of each choice in JSON and on the command line, in the order of the enumerators.
template <typename E>
struct choice_names;

#define PADE_CHOICES(type, ...)                                \
    template <>                                                \
    struct choice_names<type> {                                \
        static constexpr auto value = std::array{__VA_ARGS__}; \
    };

PADE_CHOICES(guard_rule_kind, std::string_view("bui"))
PADE_CHOICES(dispatch_order, std::string_view("out_of_order"), std::string_view("in_order"),
             std::string_view("in_order_single"))
PADE_CHOICES(dispatch_pick, std::string_view("oldest_key"), std::string_view("oldest_arrival"))
PADE_CHOICES(dispatch_admission, std::string_view("joint"), std::string_view("per_lane"))
PADE_CHOICES(ista_order, std::string_view("head_tail"), std::string_view("sequential"), std::string_view("custom"))
PADE_CHOICES(k_layout_kind, std::string_view("plane_first"), std::string_view("plane_per_token"),
             std::string_view("value_major"))
PADE_CHOICES(rows_packing, std::string_view("queries"), std::string_view("heads"))
PADE_CHOICES(replacement_kind, std::string_view("lru"), std::string_view("mru"))
PADE_CHOICES(exp_kind, std::string_view("table"), std::string_view("exact"))
PADE_CHOICES(dram_refresh, std::string_view("all_bank"), std::string_view("per_bank"), std::string_view("none"))
PADE_CHOICES(dram_page_policy, std::string_view("open"), std::string_view("closed"), std::string_view("timed"))
#undef PADE_CHOICES

template <typename E>
constexpr std::string_view choice_name(E value) {
    return choice_names<E>::value[static_cast<std::size_t>(value)];
}

// ---- how a parameter is declared ----------------------------------------------------------------------------------

/// Inclusive bounds of a number; ignored for booleans, choices and text.
struct param_range {
    double low = -std::numeric_limits<double>::infinity();
    double high = std::numeric_limits<double>::infinity();
};

struct param_info {
    std::string_view name;
    std::string_view unit;
    param_range range;
    std::string_view source;
    std::string_view text;
};

#define PADE_FIELD(type, name, value, unit, range, source, text) type name = value;
#define PADE_VISIT(type, name, value, unit, range, source, text) \
    visitor(::pade::param_info{#name, unit, ::pade::param_range range, source, text}, self.name);
#define PADE_PARAMS(group, LIST)                           \
    struct group {                                         \
        LIST(PADE_FIELD)                                   \
        template <typename Self, typename Visitor>         \
        static void visit(Self& self, Visitor&& visitor) { \
            LIST(PADE_VISIT)                               \
        }                                                  \
    };

using uint = unsigned;

// ---- the parameters -----------------------------------------------------------------------------------------------
// clang-format off

#define PADE_CLOCK_PARAMS(X) \
    X(uint, core_mhz, 800, "MHz", ({100, 4000}), "paper, Table III", "core clock") \
    X(uint, dram_mhz, 1000, "MHz", ({100, 4000}), "paper, Table III", "DRAM command clock")
PADE_PARAMS(clock_params, PADE_CLOCK_PARAMS)

#define PADE_ROWS_PARAMS(X) \
    X(uint, count, 8, "rows", ({1, 16}), "paper, Table III", "PE rows; a row works on one query") \
    X(rows_packing, packing, rows_packing::queries, "", ({}), "measured", "what a prefill row block holds: 8 consecutive queries of a head, or (query, head of the group) pairs") \
    X(uint, blocks_in_flight, 2, "blocks", ({1, 2}), "ours", "row blocks alive at a time, V-PU included")
PADE_PARAMS(rows_params, PADE_ROWS_PARAMS)

#define PADE_LANE_PARAMS(X) \
    X(uint, count, 16, "lanes", ({1, 32}), "paper, Table III", "lanes a row; key j belongs to lane column j mod count") \
    X(uint, key_bits, 8, "bit", ({4, 8}), "paper, section 2", "bits of a key element, B") \
    X(bool, bidirectional, true, "", ({}), "paper, section 4", "accumulate the minority symbol of each group") \
    X(uint, scoreboard_entries, 32, "entries", ({1, 64}), "paper, Table III", "scoreboard entries; a key holds one from admission to decision") \
    X(uint, fifo_planes, 4, "planes", ({1, 64}), "ours", "lane input FIFO") \
    X(uint, pipeline_stages, 4, "cycles", ({2, 16}), "ours", "from taking a plane to its decision") \
    X(uint, verdict_latency, 1, "cycles", ({1, 64}), "ours", "lane to dispatcher and to score queue")
PADE_PARAMS(lane_params, PADE_LANE_PARAMS)

#define PADE_GUARD_PARAMS(X) \
    X(bool, enabled, true, "", ({}), "paper, section 3", "off: every plane of every key, dense bit-serial") \
    X(guard_rule_kind, rule, guard_rule_kind::bui, "", ({}), "paper, Eq. 2-4", "how the interval of a partial score is made") \
    X(double, alpha, 1.0, "", ({0.0, 100.0}), "measured", "guard factor: lossless 1.4, standard 1.0, aggressive .6 [paper]") \
    X(double, radius, 5.0, "logit", ({0.0, 100.0}), "paper, Eq. 4", "radius of the guard") \
    X(bool, recheck, true, "", ({}), "ours", "compare retained scores with the threshold once more when their tile goes on") \
    X(uint, bui_latency, 2, "cycles", ({1, 64}), "ours", "from a query's arrival at the row to its interval table at the lanes") \
    X(uint, broadcast_latency, 2, "cycles", ({1, 64}), "ours", "threshold unit to the lanes of the row")
PADE_PARAMS(guard_params, PADE_GUARD_PARAMS)

#define PADE_TILE_PARAMS(X) \
    X(uint, keys, 64, "keys", ({16, 512}), "ours", "keys of a tile, a multiple of 16")
PADE_PARAMS(tile_params, PADE_TILE_PARAMS)

#define PADE_DISPATCH_PARAMS(X) \
    X(dispatch_order, order, dispatch_order::out_of_order, "", ({}), "paper, section 4", "how a lane column delivers planes") \
    X(dispatch_pick, pick, dispatch_pick::oldest_key, "", ({}), "measured", "which of the asked-for planes present goes first") \
    X(dispatch_admission, admission, dispatch_admission::joint, "", ({}), "ours", "a key is admitted for all rows that see it at once, or lane by lane") \
    X(uint, drift_keys, 32, "keys", ({1, 1024}), "ours", "admission per_lane: keys of a column that some row has admitted and another one not yet") \
    X(uint, open_tiles, 32, "tiles", ({1, 1024}), "ours", "tiles open at a time, over the blocks in flight") \
    X(uint, unconditional_planes, 3, "planes", ({1, 8}), "measured", "planes of an admitted key that are fetched without waiting for a decision") \
    X(uint, pick_window, 32, "planes", ({1, 1024}), "ours", "asked-for planes present that a column chooses among") \
    X(uint, fetches_per_cycle, 16, "atoms", ({1, 64}), "ours", "fetch requests to the KV buffer a cycle") \
    X(uint, deliver_latency, 1, "cycles", ({1, 64}), "ours", "dispatcher to lane")
PADE_PARAMS(dispatch_params, PADE_DISPATCH_PARAMS)

#define PADE_ISTA_PARAMS(X) \
    X(bool, enabled, true, "", ({}), "paper, section 4", "tiles go to softmax as they close; off: a block's pairs wait for its last decision") \
    X(ista_order, order, ista_order::head_tail, "", ({}), "paper, section 4", "order of the tiles of a row block; custom: a class of your own (docs/tutorial.md)") \
    X(uint, score_bytes, 65536, "B", ({1024, 1048576}), "ours", "score memory with ISTA off; the surplus goes to DRAM") \
    X(uint, spill_in_flight, 32, "atoms", ({1, 256}), "ours", "reads and writes of the surplus that may be unanswered at a time")
PADE_PARAMS(ista_params, PADE_ISTA_PARAMS)

#define PADE_LAYOUT_PARAMS(X) \
    X(k_layout_kind, k, k_layout_kind::plane_first, "", ({}), "paper, section 5", "how K lies in DRAM: by bit plane, all planes of a key together, or its values") \
    X(uint, banks_per_plane, 2, "banks", ({1, 2}), "ours", "banks over which one plane of a head is spread")
PADE_PARAMS(layout_params, PADE_LAYOUT_PARAMS)

#define PADE_DECODE_PARAMS(X) \
    X(bool, keep_kv, false, "", ({}), "ours", "keep the KV buffer from one decode step to the next")
PADE_PARAMS(decode_params, PADE_DECODE_PARAMS)

#define PADE_BUFFER_PARAMS(X) \
    X(uint, kv_bytes, 327680, "B", ({32768, 1048576}), "paper, Table III", "KV buffer") \
    X(uint, q_bytes, 32768, "B", ({4096, 1048576}), "paper, Table III", "Q buffer, double buffered") \
    X(uint, banks, 16, "banks", ({1, 64}), "ours", "KV buffer banks of 32 B, one access a bank and cycle") \
    X(uint, k_planes_per_cycle, 16, "planes", ({1, 128}), "ours", "bit planes of 64 bits that the KV buffer feeds a cycle") \
    X(uint, columns_per_read, 4, "columns", ({1, 32}), "ours", "lane columns that one 32 B read serves") \
    X(uint, read_latency, 1, "cycles", ({1, 64}), "ours", "from the bank access to the data at the reader") \
    X(replacement_kind, replacement, replacement_kind::lru, "", ({}), "ours", "which unpinned line of the bank a fill takes") \
    X(uint, port_queue, 4, "reads", ({1, 64}), "ours", "reads accepted and waiting at a K or V port") \
    X(uint, fill_queue, 4, "atoms", ({1, 64}), "ours", "atoms from DRAM waiting for their bank, a pseudo channel") \
    X(uint, q_prefetch_blocks, 4, "blocks", ({1, 64}), "ours", "row blocks whose queries are fetched ahead, as far as half the Q buffer holds")
PADE_PARAMS(buffer_params, PADE_BUFFER_PARAMS)

#define PADE_SOFTMAX_PARAMS(X) \
    X(uint, p_bits, 20, "bit", ({8, 24}), "ours", "fraction bits of p, unsigned fixed point") \
    X(exp_kind, exp, exp_kind::table, "", ({}), "ours", "how exp is computed") \
    X(uint, exps_per_cycle, 8, "1/cycle", ({1, 256}), "ours", "exponentials a cycle") \
    X(uint, latency, 16, "cycles", ({1, 256}), "ours", "latency of the softmax unit")
PADE_PARAMS(softmax_params, PADE_SOFTMAX_PARAMS)

#define PADE_RARS_PARAMS(X) \
    X(uint, window_tiles, 1, "tiles", ({1, 1}), "ours", "tiles among which V rows are reordered") \
    X(bool, split, true, "", ({}), "ours", "an idle row may take its part of a shared key at the price of one more read")
PADE_PARAMS(rars_params, PADE_RARS_PARAMS)

#define PADE_VPU_PARAMS(X) \
    X(bool, rars, true, "", ({}), "paper, section 4", "reuse-aware reorder scheduler in front of the V-PU") \
    X(uint, macs_per_row, 16, "MAC", ({1, 128}), "ours; the 8 : 1 ratio is the paper's", "INT8 multipliers of a V-PU row") \
    X(uint, v_rows_per_round, 2, "V rows", ({1, 16}), "ours", "distinct V rows that a round may read") \
    X(uint, v_port_bytes, 16, "B/cycle", ({1, 256}), "ours", "bytes of each V row read a cycle") \
    X(uint, prefetch_rows, 64, "V rows", ({2, 1024}), "ours", "V rows prefetched at most") \
    X(uint, score_queue_high, 1024, "pairs", ({1, 1048576}), "ours", "retained pairs above which only keys of the oldest open tile are admitted") \
    X(uint, operand_rounds, 4, "rounds", ({2, 16}), "ours", "rounds whose V rows the V-PU has registers for, the present one included") \
    X(uint, pipeline_latency, 4, "cycles", ({1, 64}), "ours", "from the last MAC of a block to its O row")
PADE_PARAMS(vpu_params, PADE_VPU_PARAMS)

#define PADE_OUTPUT_PARAMS(X) \
    X(uint, bytes, 2, "B", ({2, 4}), "ours", "bytes of an element of O in DRAM: FP16 or FP32") \
    X(uint, writes_in_flight, 16, "atoms", ({1, 256}), "ours", "writes of O that may be unanswered at a time")
PADE_PARAMS(output_params, PADE_OUTPUT_PARAMS)

#define PADE_LINK_PARAMS(X) \
    X(uint, latency, 1, "cycles", ({1, 64}), "ours", "every on-chip stream without a latency of its own")
PADE_PARAMS(link_params, PADE_LINK_PARAMS)

#define PADE_DRAM_PARAMS(X) \
    X(uint, pseudo_channels, 16, "", ({1, 32}), "paper, Table III", "pseudo channels of 64 bit") \
    X(uint, bus_bits, 64, "bit", ({8, 128}), "paper, Table III", "data bus of a pseudo channel") \
    X(uint, data_rate_mbps, 2000, "Mbit/s", ({100, 16000}), "paper, Table III", "transfers a second on each data pin") \
    X(uint, burst_length, 4, "beats", ({2, 16}), "paper, Table III", "beats of a burst: 4 x 64 bit = 32 B") \
    X(uint, channel_parts, 2, "", ({1, 8}), "JESD235", "pseudo channels of a channel: they share its command buses") \
    X(uint, act_slots, 2, "DRAM cycles", ({1, 4}), "JESD235", "row-command bus cycles of an ACT; every other row command takes one") \
    X(bool, one_command_bus, false, "", ({}), "ours", "column commands take cycles of the row-command bus (DDR4) instead of a bus of their own") \
    X(uint, bank_groups, 4, "", ({1, 16}), "ours", "bank groups of a pseudo channel") \
    X(uint, banks_per_group, 4, "", ({1, 16}), "ours", "banks of a bank group") \
    X(uint, rows, 16384, "", ({16, 1048576}), "ours", "rows of a bank") \
    X(uint, page_bytes, 1024, "B", ({256, 8192}), "ours", "bytes of a row in one pseudo channel") \
    X(std::string, mapping, "row:14 bank:2 column:5 bank_group:2 pseudo_channel:4 offset:5", "", ({}), "ours", "address fields with their bits, from the most to the least significant") \
    X(double, t_cl, 14, "ns", ({0, 1000}), "ours", "read latency") \
    X(double, t_cwl, 5, "ns", ({0, 1000}), "ours", "write latency") \
    X(double, t_rcdrd, 14, "ns", ({0, 1000}), "ours", "ACT to RD") \
    X(double, t_rcdwr, 12, "ns", ({0, 1000}), "ours", "ACT to WR") \
    X(double, t_rp, 14, "ns", ({0, 1000}), "ours", "PRE to ACT") \
    X(double, t_ras, 34, "ns", ({0, 1000}), "ours", "ACT to PRE") \
    X(double, t_rc, 48, "ns", ({0, 1000}), "ours", "ACT to ACT, same bank") \
    X(double, t_ccd_s, 2, "ns", ({0, 1000}), "ours", "column to column, other bank group") \
    X(double, t_ccd_l, 4, "ns", ({0, 1000}), "ours", "column to column, same bank group") \
    X(double, t_rrd_s, 4, "ns", ({0, 1000}), "ours", "ACT to ACT, other bank group") \
    X(double, t_rrd_l, 4, "ns", ({0, 1000}), "ours", "ACT to ACT, same bank group") \
    X(double, t_faw, 16, "ns", ({0, 1000}), "ours", "window of four ACT") \
    X(double, t_wr, 16, "ns", ({0, 1000}), "ours", "end of write data to PRE") \
    X(double, t_wtr_s, 6, "ns", ({0, 1000}), "ours", "end of write data to RD, other bank group") \
    X(double, t_wtr_l, 8, "ns", ({0, 1000}), "ours", "end of write data to RD, same bank group") \
    X(double, t_rtp, 5, "ns", ({0, 1000}), "ours", "RD to PRE") \
    X(double, t_refi, 3900, "ns", ({100, 100000}), "ours", "mean time between refreshes") \
    X(double, t_rfc, 260, "ns", ({0, 10000}), "ours", "all-bank refresh to the next command") \
    X(double, t_rfc_bank, 160, "ns", ({0, 10000}), "ours", "refresh of one bank to its next command") \
    X(double, t_rrefd, 8, "ns", ({0, 10000}), "ours", "refresh of one bank to ACT or refresh of another bank") \
    X(uint, read_to_write_gap, 2, "DRAM cycles", ({0, 64}), "ours", "data bus left empty between read data and write data") \
    X(double, t_page, 100, "ns", ({0, 1000000}), "ours", "page policy timed: from a row's last use to its closing") \
    X(dram_refresh, refresh, dram_refresh::all_bank, "", ({}), "ours", "refresh of all banks, bank by bank, or none") \
    X(dram_page_policy, page_policy, dram_page_policy::open, "", ({}), "ours", "when an idle row is closed") \
    X(uint, read_queue, 32, "requests", ({1, 1024}), "ours", "read queue of a pseudo channel") \
    X(uint, write_queue, 32, "requests", ({1, 1024}), "ours", "write queue of a pseudo channel") \
    X(uint, write_high, 28, "requests", ({1, 1024}), "ours", "waiting writes at which a write batch starts") \
    X(uint, write_low, 4, "requests", ({0, 1024}), "ours", "waiting writes at which a write batch ends") \
    X(uint, age_cap, 512, "DRAM cycles", ({1, 1000000}), "ours", "age at which a request goes before all row hits") \
    X(uint, arbiter_queue, 4, "requests", ({1, 64}), "ours", "requests waiting at each input of the memory arbiter") \
    X(uint, path_latency, 8, "core cycles", ({1, 1024}), "ours", "return path from the controller to the chip's buffers") \
    X(double, e_activate, 909, "pJ", ({0, 1e6}), "second-hand", "energy of an ACT and its PRE: a row of one pseudo channel") \
    X(double, e_core_bit, 1.4, "pJ/bit", ({0, 1000}), "second-hand", "energy of a column access inside the DRAM, a bit read or written") \
    X(double, e_io_bit, 2.5, "pJ/bit", ({0, 1000}), "second-hand", "energy of the way over TSVs and interposer, a bit read or written") \
    X(double, e_refresh_bank, 8000, "pJ", ({0, 1e7}), "second-hand", "energy of the refresh of one bank") \
    X(uint, delay_channel, 0, "", ({0, 31}), "ours", "pseudo channel whose answers are delayed by delay_cycles (a what-if)") \
    X(uint, delay_cycles, 0, "core cycles", ({0, 100000}), "ours", "extra return latency of delay_channel")
PADE_PARAMS(dram_params, PADE_DRAM_PARAMS)

#define PADE_STALL_PARAMS(X) \
    X(uint, percent, 0, "%", ({0, 100}), "ours", "test equipment: items and credits of on-chip streams that are held back; 0: no stall is built in") \
    X(uint, memory_percent, 0, "%", ({0, 100}), "ours", "test equipment: phases of base-protocol links (DRAM, K and V ports) that are held back; 0: no stall is built in") \
    X(uint, cycles, 8, "cycles", ({1, 1000}), "ours", "test equipment: what is held back is held back for 1 to so many core cycles") \
    X(uint, seed, 1, "", ({0, 4294967295.0}), "ours", "test equipment: what the stalls are drawn from")
PADE_PARAMS(stall_params, PADE_STALL_PARAMS)

#define PADE_WATCHDOG_PARAMS(X) \
    X(uint, cycles, 100000, "cycles", ({1000, 1000000000}), "ours", "core cycles without progress after which a run ends with exit code 4")
PADE_PARAMS(watchdog_params, PADE_WATCHDOG_PARAMS)

// clang-format on

/// By how many cycles an item of a stream can be late: receivers that hold a place for each edge have so many more.
constexpr unsigned most_stall(const stall_params& stall) {
    return stall.percent == 0 ? 0 : stall.cycles;
}

/// All of them. Keys in JSON and on the command line are group.name, for example dispatch.order.
struct params {
    clock_params clock;
    rows_params rows;
    lane_params lane;
    guard_params guard;
    tile_params tile;
    dispatch_params dispatch;
    ista_params ista;
    layout_params layout;
    decode_params decode;
    buffer_params buffer;
    softmax_params softmax;
    rars_params rars;
    vpu_params vpu;
    output_params output;
    link_params link;
    dram_params dram;
    stall_params stall;
    watchdog_params watchdog;

    /// Calls visitor(group name, group struct) for each group, in the order of the declarations.
    template <typename Self, typename Visitor>
    static void visit_groups(Self& self, Visitor&& visitor) {
        visitor("clock", self.clock);
        visitor("rows", self.rows);
        visitor("lane", self.lane);
        visitor("guard", self.guard);
        visitor("tile", self.tile);
        visitor("dispatch", self.dispatch);
        visitor("ista", self.ista);
        visitor("layout", self.layout);
        visitor("decode", self.decode);
        visitor("buffer", self.buffer);
        visitor("softmax", self.softmax);
        visitor("rars", self.rars);
        visitor("vpu", self.vpu);
        visitor("output", self.output);
        visitor("link", self.link);
        visitor("dram", self.dram);
        visitor("stall", self.stall);
        visitor("watchdog", self.watchdog);
    }
};

}  // namespace pade
