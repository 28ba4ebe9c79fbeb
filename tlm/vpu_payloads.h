// The items of the streams inside the output side of the machine: score queue, softmax unit, RARS, V-PU, write-back;
// and what these modules tell observers that take no simulated time.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "model/job.h"
#include "tlm/payloads.h"
#include "tlm/stream.h"

namespace pade {

// ---- places of the input FIFOs: sender and receiver are built with the same number ---------------------------------

/// Pairs (and tile heads) in front of the softmax unit: what is sent until the first credit of a stream of `per_cycle`
/// pairs is back.
constexpr unsigned pair_fifo_places(unsigned per_cycle, unsigned latency) {
    return (per_cycle + 1) * (latency + 1);
}
/// Tiles that RARS holds: one that the V-PU works on, one that is collected. A credit of this link is a whole tile.
inline constexpr unsigned rars_tiles = 2;
/// Rounds in front of the V-PU, one a cycle.
constexpr unsigned round_fifo_places(unsigned latency) {
    return latency + 1;
}
/// O rows in front of the write-back unit: one block.
constexpr unsigned o_fifo_places(unsigned rows) {
    return rows;
}

// ---- score queue -> softmax unit -----------------------------------------------------------------------------------

/// What goes on as one unit from the score queue to RARS: a closed tile, or one of the parts of a tile with more V rows
/// than can be prefetched. Immutable once made.
struct tile_head {
    block_ptr block;
    std::uint32_t tile = 0;
    bool last_of_block = false;
    std::uint32_t pairs = 0;                       ///< pairs that follow; 0 only at the end of a block
    std::uint32_t v_rows = 0;                      ///< distinct (key, KV head) among them
    std::uint32_t row_mask = 0;                    ///< bit r: row_max[r] holds
    std::array<std::int32_t, max_rows> row_max{};  ///< largest score a row has in the tile; in the block with ISTA off
};
using tile_head_ptr = std::shared_ptr<const tile_head>;

/// The head of a tile (`head` set), or one of its retained pairs, ascending by key, then KV head, then row.
struct pair_item : stream_item {
    tile_head_ptr head;
    std::uint32_t key = 0;
    std::int32_t score = 0;
    std::uint8_t row = 0;
};

// ---- score queue -> RARS -------------------------------------------------------------------------------------------

/// So many further V rows have been reserved in the KV buffer. V rows are reserved tile by tile in the order of their
/// heads, within a tile ascending by key, then KV head.
struct v_reserved_item : stream_item {
    std::uint32_t v_rows = 0;
};

// ---- softmax unit -> RARS ------------------------------------------------------------------------------------------

/// The head of a tile; then for each row whose maximum grew its rescale factor; then the weight of each pair.
struct weight_item : stream_item {
    enum class kind : std::uint8_t { head, rescale, weight };
    kind what = kind::weight;
    std::uint8_t row = 0;
    std::uint32_t key = 0;
    std::uint32_t value = 0;  ///< p or factor, fixed point with softmax.p_bits fraction bits
    tile_head_ptr head;
};

// ---- RARS -> V-PU --------------------------------------------------------------------------------------------------

/// A V row that a round reads.
struct v_read {
    std::uint64_t address = 0;  ///< DRAM address of its first atom
    std::uint32_t key = 0;
    std::uint32_t kv = 0;
    bool last_use = false;  ///< nothing after this round of the block needs it
};

/// What one row of the V-PU does in a round.
struct row_work {
    enum class kind : std::uint8_t { none, rescale, mac };
    kind what = kind::none;
    std::uint8_t v = 0;  ///< mac: index into round_item::v
    std::uint32_t key = 0;
    std::uint32_t value = 0;  ///< p or factor
};

/// One round: at most vpu.v_rows_per_round V rows, and for each row a rescale, one of them, or nothing.
struct round_item : stream_item {
    block_ptr block;
    bool last_of_block = false;  ///< the O of the block is complete after this round
    std::uint8_t v_rows = 0;
    std::array<v_read, 16> v{};
    std::array<row_work, max_rows> rows{};
};

// ---- V-PU -> write-back --------------------------------------------------------------------------------------------

/// One row of O: block->head_dim elements.
struct o_row_item : stream_item {
    block_ptr block;
    std::uint8_t row = 0;
    bool last_of_block = false;
    std::array<float, max_head_dim> o{};
};

// ---- to observers (analysis ports) ---------------------------------------------------------------------------------

/// A pair that the re-check kept (finally retained) or pruned.
struct pair_event {
    block_ptr block;
    std::uint8_t row = 0;
    std::uint32_t key = 0;
    std::int32_t score = 0;
};

/// A row of O before it is rounded to the output format; `o` points to block->head_dim elements, for the call only.
struct o_row_event {
    block_ptr block;
    std::uint8_t row = 0;
    const float* o = nullptr;
};

}  // namespace pade
