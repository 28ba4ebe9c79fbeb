// What a combination of parameters and trace can and cannot do.
#include <algorithm>
#include <cstdint>
#include <string>

#include "model/dispatch/tile_order.h"
#include "model/errors.h"
#include "model/layout/k_layout.h"
#include "testbench/run/run.h"

namespace pade {

/// With K by value a key is read only when all its atoms are there, and keeps those that came first: keys that share
/// the KV buffer must all find room in it, or each could wait for the other's lines for ever.
static void check_key_lines(const params& p, const trace_set& trace) {
    if (p.layout.k != k_layout_kind::value_major)
        return;
    const address_map map(p.dram);
    const std::uint64_t atom = map.atom_bytes();
    const std::uint64_t atoms =
        make_k_layout(p.layout, map, {trace.keys, trace.head_dim, p.lane.key_bits})->plane_atoms();  // of a key
    if (atoms == 1)
        return;
    const bool decode = trace.phase == trace_phase::decode;
    // A decode step packs KV heads into its rows, each with keys of its own; rows that drift apart hold other keys too.
    const std::uint64_t streams = decode ? std::min<std::uint64_t>(p.rows.count, trace.kv_heads.size()) : 1;
    const bool drifting = p.dispatch.admission == dispatch_admission::per_lane;
    const std::uint64_t of_column = p.lane.scoreboard_entries + (drifting ? p.dispatch.drift_keys : 0);
    const std::uint64_t blocks = decode ? 1 : p.rows.blocks_in_flight;
    const std::uint64_t keys = streams * std::min<std::uint64_t>(blocks * trace.keys, p.lane.count * of_column);
    const std::uint64_t lines = p.buffer.kv_bytes / atom;
    // A bank is not filled evenly to its last line.
    const std::uint64_t wanted = (keys + p.buffer.banks) * atoms;
    const std::uint64_t step = p.buffer.banks;
    if (wanted > lines)
        throw input_error(
            "layout.k value_major: the lanes can hold " + std::to_string(keys) + " keys of " + std::to_string(atoms) +
            " atoms at a time, buffer.kv_bytes " + std::to_string(p.buffer.kv_bytes) + " has room for " +
            std::to_string(lines) + " atoms; allowed: buffer.kv_bytes from " +
            std::to_string((wanted + step - 1) / step * step * atom) + " on, or fewer lane.scoreboard_entries");
}

void check_supported(const params& p, const trace_set& trace) {
    if (trace.head_dim % 8 != 0)
        throw input_error("head_dim of " + trace.path.string() + " is " + std::to_string(trace.head_dim) +
                          "; allowed: multiples of 8 up to 256");
    if (p.ista.enabled)
        (void)make_tile_order(p.ista.order);  // refuses a custom one that is not there
    check_key_lines(p, trace);
}

void check_flips(const params& p, const trace_set& trace, const std::vector<bit_flip>& flips) {
    for (const bit_flip& flip : flips) {
        const bool of_q = flip.of == bit_flip::tensor::q;
        const std::string which = of_q ? "q" : flip.of == bit_flip::tensor::k ? "k" : "v";
        const auto require = [&](const char* what, std::size_t value, std::size_t count) {
            if (value >= count)
                throw input_error("--flip " + which + ": " + what + " is " + std::to_string(value) +
                                  "; allowed: integers from 0 to " + std::to_string(count - 1));
        };
        require("HEAD", flip.head, of_q ? trace.heads.size() : trace.kv_heads.size());
        require("ROW", flip.row, of_q ? trace.queries : trace.keys);
        require("DIM", flip.dim, trace.head_dim);
        require("BIT", flip.bit, flip.of == bit_flip::tensor::k ? p.lane.key_bits : 8);
    }
}

std::vector<std::string> notes_on(const params& p, const trace_set& trace) {
    std::vector<std::string> notes;
    const auto unused = [&notes](const std::string& what, const std::string& why) {
        notes.push_back(what + " has no effect: " + why);
    };
    const params defaults;
    if (!p.guard.enabled) {
        unused("guard.alpha", "guard.enabled is false, every plane of every key is processed");
        unused("guard.recheck", "guard.enabled is false");
    }
    if (p.layout.k == k_layout_kind::value_major)
        unused("dispatch.unconditional_planes", "layout.k value_major fetches a key whole");
    else if (p.dispatch.order == dispatch_order::in_order_single)
        unused("dispatch.unconditional_planes", "dispatch.order in_order_single asks for one plane at a time");
    if (p.dispatch.order != dispatch_order::out_of_order) {
        unused("dispatch.pick", "dispatch.order is not out_of_order");
        unused("dispatch.pick_window", "dispatch.order is not out_of_order");
    }
    if (p.ista.enabled) {
        if (p.ista.score_bytes != defaults.ista.score_bytes)
            unused("ista.score_bytes", "ista.enabled is true");
        if (p.ista.spill_in_flight != defaults.ista.spill_in_flight)
            unused("ista.spill_in_flight", "ista.enabled is true");
    } else {
        unused("ista.order", "ista.enabled is false, the tiles of a block ascend");
        if (p.rows.blocks_in_flight != 1)
            unused("rows.blocks_in_flight", "ista.enabled is false, one block is alive at a time");
    }
    if (p.layout.k != k_layout_kind::plane_first)
        unused("layout.banks_per_plane", "layout.k is " + std::string(choice_name(p.layout.k)));
    if (p.dispatch.admission == dispatch_admission::joint && p.dispatch.drift_keys != defaults.dispatch.drift_keys)
        unused("dispatch.drift_keys", "dispatch.admission is joint");
    if (!p.vpu.rars)
        unused("rars.split", "vpu.rars is false");
    if (trace.phase == trace_phase::decode)
        unused("rows.packing", "a decode step packs the heads of its query");
    else if (p.decode.keep_kv != defaults.decode.keep_kv)
        unused("decode.keep_kv", "the trace is a prefill");
    if (p.stall.percent == 0 && p.stall.memory_percent == 0 &&
        (p.stall.cycles != defaults.stall.cycles || p.stall.seed != defaults.stall.seed))
        unused("stall.cycles and stall.seed", "stall.percent and stall.memory_percent are 0");
    if (p.dram.delay_cycles == 0 && p.dram.delay_channel != 0)
        unused("dram.delay_channel", "dram.delay_cycles is 0");
    return notes;
}

}  // namespace pade
