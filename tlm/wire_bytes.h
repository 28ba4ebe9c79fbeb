// What an item of an on-chip stream costs on a wire, in bytes: fields at their hardware width, rounded up to whole 4 B
// words. [ours] Payload fields that exist for the model alone (shared pointers, visibility, masks for the statistics of
// unused bytes) cost nothing. A payload of another header brings its own overload, found by argument-dependent look-up.
#pragma once

#include <cstdint>

#include "tlm/payloads.h"
#include "tlm/vpu_payloads.h"

namespace pade {

inline constexpr std::uint32_t header_bytes = 4;

/// Valid rows of the block an item names; 0 without one.
inline std::uint32_t wire_rows(const block_ptr& block) {
    std::uint32_t rows = 0;
    if (block != nullptr)
        for (const block_row& row : block->rows)
            rows += row.valid ? 1U : 0U;
    return rows;
}

/// Header (slot 1, plane 3, kind 1, more 1, key 20 bit) and, with a plane, 8 B for each 64-bit word of it.
inline std::uint32_t wire_bytes(const plane_item& item) {
    return header_bytes + (item.what == plane_item::kind::plane ? 8U * item.words : 0U);
}

/// Slot 1, plane 3, decision 2, key 20 bit.
inline std::uint32_t wire_bytes(const verdict_item&) {
    return 4;
}

/// Slot 1, bound 24 bit (the score register of the widest head).
inline std::uint32_t wire_bytes(const bound_item&) {
    return 4;
}

/// Slot 1, valid 1, T 24 bit.
inline std::uint32_t wire_bytes(const threshold_item&) {
    return 4;
}

/// A threshold as above; a query with a header, a byte an element, and the interval table, 2 x 4 B an entry.
inline std::uint32_t wire_bytes(const row_item& item) {
    if (item.what == row_item::kind::threshold || item.query == nullptr)
        return 4;
    return header_bytes + item.query->operand.dims() + 8U * max_planes;
}

/// Slot 1, row 4, key 20, score 24 bit.
inline std::uint32_t wire_bytes(const score_item&) {
    return 8;
}

/// Header (slot, row) and one byte an element.
inline std::uint32_t wire_bytes(const query_item& item) {
    return header_bytes + (item.block != nullptr ? item.block->head_dim : 0U);
}

/// Header (kind, slot, length); a fetch brings the 8 B address of each row's query.
inline std::uint32_t wire_bytes(const query_command& item) {
    return header_bytes + (item.what == query_command::kind::fetch ? 8U * wire_rows(item.block) : 0U);
}

/// Block number.
inline std::uint32_t wire_bytes(const query_loaded&) {
    return 4;
}

/// Header (kind, tensor, atoms, bank) and, but for a flush, tag and address: 4 + 8 B.
inline std::uint32_t wire_bytes(const fetch_item& item) {
    return header_bytes + (item.what == fetch_item::kind::flush ? 0U : 12U);
}

/// Tag.
inline std::uint32_t wire_bytes(const arrived_item&) {
    return 4;
}

/// Tile number and retained pairs; a block's begin brings V and O address (8 B each), logit and V scale (4 B each) a
/// row.
inline std::uint32_t wire_bytes(const tile_item& item) {
    return item.what == tile_item::kind::tile_close ? 8U : header_bytes + 24U * wire_rows(item.block);
}

/// One level.
inline std::uint32_t wire_bytes(const level_item&) {
    return 4;
}

/// Kind and block number.
inline std::uint32_t wire_bytes(const done_item&) {
    return 4;
}

/// Start or finished; what the job is stays in the registers.
inline std::uint32_t wire_bytes(const job_item&) {
    return 4;
}

// ---- output side (tlm/vpu_payloads.h) -----------------------------------------------------------------------------

/// A tile's head: tile, pairs, V rows, row mask (8 B) and the largest score of each of its rows (4 B); a pair: row 4,
/// key 20, score 24 bit.
inline std::uint32_t wire_bytes(const pair_item& item) {
    if (item.head == nullptr)
        return 8;
    std::uint32_t rows = 0;
    for (std::uint32_t mask = item.head->row_mask; mask != 0; mask &= mask - 1)
        ++rows;
    return 8 + 4 * rows;
}

/// Number of V rows.
inline std::uint32_t wire_bytes(const v_reserved_item&) {
    return 4;
}

/// Head: tile, pairs, V rows. Rescale: row 4, factor 24 bit. Weight: row 4, key 20, p 24 bit.
inline std::uint32_t wire_bytes(const weight_item& item) {
    return item.what == weight_item::kind::rescale ? 4U : 8U;
}

/// Header; address and last-use bit of each V row (8 B); kind 2, V row 4, p or factor 24 bit of each working row (4 B).
inline std::uint32_t wire_bytes(const round_item& item) {
    std::uint32_t working = 0;
    for (const row_work& row : item.rows)
        working += row.what != row_work::kind::none ? 1U : 0U;
    return header_bytes + 8U * item.v_rows + 4U * working;
}

/// Header and FP32 elements; the write-back unit rounds them.
inline std::uint32_t wire_bytes(const o_row_item& item) {
    return header_bytes + (item.block != nullptr ? 4U * item.block->head_dim : 0U);
}

}  // namespace pade
