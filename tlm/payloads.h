// The items of the on-chip streams (tlm/stream.h), link by link.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "model/job.h"
#include "model/numeric/guard_rule.h"
#include "model/numeric/query_operand.h"
#include "tlm/stream.h"

namespace pade {

inline constexpr unsigned max_head_dim = 256;
inline constexpr unsigned lane_dims = 64;                         // dims of one pass of a lane
inline constexpr unsigned max_passes = max_head_dim / lane_dims;  // passes of the widest head
inline constexpr unsigned max_rows = 16;
inline constexpr unsigned max_lanes = 32;
inline constexpr unsigned max_planes = 8;

// ---- dispatcher -> lane -------------------------------------------------------------------------------------------

/// A key is admitted to the lane (takes a scoreboard entry), or one of its bit planes is delivered.
struct plane_item : stream_item {
    enum class kind : std::uint8_t { admit, plane };
    kind what = kind::plane;
    std::uint8_t slot = 0;
    std::uint8_t plane = 0;  ///< 0 is the sign plane
    bool more = false;       ///< admit: a further key that this row sees waits behind it in the column
    std::uint8_t words = 1;  ///< plane: words of `bits` in use, ceil(head_dim / 64); what the wire carries
    std::uint16_t tag =
        0;  ///< the dispatcher's number for the key in this column while it lives; comes back with the verdict
    std::uint32_t key = 0;                         ///< token, 20 bits
    std::uint32_t block = 0;                       ///< row block, modulo 2^32
    std::array<std::uint64_t, max_passes> bits{};  ///< plane: bit e of word w belongs to dim 64 w + e
};

static_assert(sizeof(plane_item) == 56, "with the edge of its place in a FIFO, one line of cache");

// ---- lane -> dispatcher -------------------------------------------------------------------------------------------

enum class verdict : std::uint8_t { next_plane, pruned, retained };

/// What the lane decided on a plane: ask for the next one, or the end of this (query, key) pair.
struct verdict_item : stream_item {
    std::uint8_t slot = 0;
    std::uint8_t plane = 0;  ///< the plane that was decided on
    verdict decision = verdict::next_plane;
    std::uint16_t tag = 0;  ///< as in plane_item
    std::uint32_t key = 0;
};

// ---- lane -> guard filter -----------------------------------------------------------------------------------------

/// Lower bound of a pair's score: what the threshold unit takes the maximum of.
struct bound_item : stream_item {
    std::uint8_t slot = 0;
    std::uint8_t lane = 0;    ///< its number in the row, for waveforms; set by the receiver
    std::uint32_t block = 0;  ///< modulo 2^32; the slot may have a new query before the last bound of the old one comes
    std::int64_t lower = 0;
};

// ---- guard filter -> lanes, score queue ---------------------------------------------------------------------------

/// T of a row rose. It starts invalid with each block.
struct threshold_item : stream_item {
    std::uint8_t slot = 0;
    bool valid = false;
    std::uint32_t block = 0;  ///< modulo 2^32; the slot may have a new block before the last T of the old one arrives
    std::int64_t value = 0;
};

/// What a lane needs to know of a block before its first plane: the query, and the intervals that the rule made of it.
struct row_query {
    numeric::query_operand operand;
    numeric::interval_table intervals;
    std::int64_t offset = 0;  ///< alpha * radius in units of the integer score, rounded up
    std::uint32_t block = 0;  ///< modulo 2^32
    std::uint32_t head = 0;
};

/// Guard filter -> lane: the row's next query (in `slot`), or its new threshold.
struct row_item : stream_item {
    enum class kind : std::uint8_t { query, threshold };
    kind what = kind::threshold;
    std::uint8_t slot = 0;
    std::int64_t threshold = 0;
    std::shared_ptr<const row_query> query;
};

// ---- any producer -> score queue ----------------------------------------------------------------------------------

/// A retained pair with its exact score. Lanes send it; other designs will, too.
struct score_item : stream_item {
    std::uint8_t slot = 0;
    std::uint8_t row = 0;
    std::uint32_t key = 0;
    std::int32_t score = 0;
};

// ---- Q buffer -> guard filter -------------------------------------------------------------------------------------

/// The query of one row of a block.
struct query_item : stream_item {
    block_ptr block;
    std::uint8_t row = 0;
    std::array<std::int8_t, max_head_dim> q{};  ///< block->head_dim elements
};

// ---- dispatcher -> Q buffer ---------------------------------------------------------------------------------------

/// fetch: bring the block's queries into the buffer. load: send them to the rows, once they are there.
struct query_command : stream_item {
    enum class kind : std::uint8_t { fetch, load };
    kind what = kind::fetch;
    block_ptr block;
};

/// Q buffer -> dispatcher: the rows have been sent the queries of this block.
struct query_loaded : stream_item {
    std::uint64_t block = 0;
};

// ---- dispatcher, score queue, V-PU -> KV buffer -------------------------------------------------------------------

/// fetch: reserve a line for each atom, read what is not there from DRAM, and pin it (pins count). release: take one
/// pin off each atom. flush: forget all lines; none may be pinned.
struct fetch_item : stream_item {
    enum class kind : std::uint8_t { fetch, release, flush };
    enum class tensor : std::uint8_t { k, v };
    kind what = kind::fetch;
    tensor of = tensor::k;
    std::uint8_t atoms = 1;                 ///< consecutive 32 B atoms from `address` on
    std::uint32_t kv = 0;                   ///< KV head, for the counters
    std::uint32_t bank = 0;                 ///< buffer bank of the first atom, before mod banks; the next atoms follow
    std::uint32_t tag = 0;                  ///< the requester's own, comes back with arrived_item
    std::uint64_t address = 0;              ///< DRAM address of the first atom
    std::array<std::uint32_t, 8> useful{};  ///< bit b of word a: byte b of atom a is data, not padding
};

/// KV buffer -> dispatcher: the atoms of this fetch are all in the buffer and can be read.
struct arrived_item : stream_item {
    std::uint32_t tag = 0;
};

// ---- dispatcher -> score queue ------------------------------------------------------------------------------------

/// block_begin: a block's first key is about to be admitted. tile_close: each pair of the tile has ended.
/// Both come in order: block by block, and within a block in the order of block->tiles.
struct tile_item : stream_item {
    enum class kind : std::uint8_t { block_begin, tile_close };
    kind what = kind::tile_close;
    bool last_of_block = false;
    block_ptr block;
    std::uint32_t tile = 0;      ///< tile number: keys tile * tile_keys ...
    std::uint32_t retained = 0;  ///< pairs that the lanes retained in it: so many score_items belong to it
};

// ---- score queue -> dispatcher ------------------------------------------------------------------------------------

/// The queue went above or back to its high water mark.
struct level_item : stream_item {
    bool above = false;
    bool closed_waits = false;  ///< above, and it drains without any further key: a closed tile is here, or ISTA is off
};

// ---- V-PU, write-back -> dispatcher; dispatcher -> register file --------------------------------------------------

/// left_vpu: the O rows of the block have left the V-PU, its slot is free. written: they are in DRAM.
struct done_item : stream_item {
    enum class kind : std::uint8_t { left_vpu, written };
    kind what = kind::left_vpu;
    std::uint64_t block = 0;
};

/// Register file -> dispatcher: start. Dispatcher -> register file: the job is finished.
struct job_item : stream_item {
    std::shared_ptr<const job> work;
};

}  // namespace pade
