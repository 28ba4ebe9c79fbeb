// What the waveform and the transaction log show of the items of each on-chip stream. A payload of another header
// brings its own overloads of `fields_in` and `describe`, found by argument-dependent look-up.
#pragma once

#include <cstdint>
#include <string>

#include "tlm/payloads.h"
#include "tlm/vpu_payloads.h"

namespace pade {

/// Columns that an item can have.
namespace field {
inline constexpr unsigned key = 1, plane = 2, row = 4, slot = 8, value = 16;
}

struct item_fields {
    std::int64_t key = -1;
    int plane = -1;
    int row = -1;
    int slot = -1;
    std::uint64_t value = 0;  ///< in the waveform, 64 bits
    std::string text;         ///< in the log; made only when `wants_text`
    bool wants_text = false;
};

inline std::string hex_text(std::uint64_t value) {
    static const char digits[] = "0123456789abcdef";
    std::string text;
    do
        text.insert(text.begin(), digits[value & 15]);
    while ((value >>= 4) != 0);
    return "0x" + text;
}
inline std::uint64_t bits_of(std::int64_t value) {
    return static_cast<std::uint64_t>(value);
}

// Value: bits of the first 64 dims; of an admission 0.
constexpr unsigned fields_in(const plane_item*) {
    return field::key | field::plane | field::slot | field::value;
}
inline void describe(const plane_item& item, item_fields& f) {
    const bool admit = item.what == plane_item::kind::admit;
    f.key = item.key;
    f.slot = item.slot;
    f.plane = admit ? -1 : item.plane;
    f.value = admit ? 0 : item.bits[0];
    if (f.wants_text)
        f.text = admit ? "admit" : hex_text(item.bits[0]);
}

// Value: 0 next plane, 1 pruned, 2 retained.
constexpr unsigned fields_in(const verdict_item*) {
    return field::key | field::plane | field::slot | field::value;
}
inline void describe(const verdict_item& item, item_fields& f) {
    static const char* const names[] = {"next_plane", "pruned", "retained"};
    f.key = item.key;
    f.plane = item.plane;
    f.slot = item.slot;
    f.value = static_cast<std::uint64_t>(item.decision);
    if (f.wants_text)
        f.text = names[f.value];
}

// Value: the lower bound.
constexpr unsigned fields_in(const bound_item*) {
    return field::slot | field::value;
}
inline void describe(const bound_item& item, item_fields& f) {
    f.slot = item.slot;
    f.value = bits_of(item.lower);
    if (f.wants_text)
        f.text = std::to_string(item.lower);
}

// Value: T.
constexpr unsigned fields_in(const threshold_item*) {
    return field::slot | field::value;
}
inline void describe(const threshold_item& item, item_fields& f) {
    f.slot = item.slot;
    f.value = bits_of(item.value);
    if (f.wants_text)
        f.text = std::to_string(item.value);
}

// Value: T; of a query its head.
constexpr unsigned fields_in(const row_item*) {
    return field::slot | field::value;
}
inline void describe(const row_item& item, item_fields& f) {
    const bool query = item.what == row_item::kind::query && item.query != nullptr;
    f.slot = item.slot;
    f.value = query ? item.query->head : bits_of(item.threshold);
    if (f.wants_text)
        f.text = query ? "head=" + std::to_string(item.query->head) + ",block=" + std::to_string(item.query->block)
                       : "T=" + std::to_string(item.threshold);
}

// Value: the exact score.
constexpr unsigned fields_in(const score_item*) {
    return field::key | field::row | field::slot | field::value;
}
inline void describe(const score_item& item, item_fields& f) {
    f.key = item.key;
    f.row = item.row;
    f.slot = item.slot;
    f.value = bits_of(item.score);
    if (f.wants_text)
        f.text = std::to_string(item.score);
}

// Value: the query.
constexpr unsigned fields_in(const query_item*) {
    return field::row | field::slot | field::value;
}
inline void describe(const query_item& item, item_fields& f) {
    const block_row& row = item.block->rows[item.row];
    f.row = item.row;
    f.slot = static_cast<int>(item.block->slot);
    f.value = row.query;
    if (f.wants_text)
        f.text = "head=" + std::to_string(row.head) + ",query=" + std::to_string(row.query) +
                 ",block=" + std::to_string(item.block->id);
}

// Value: the block.
constexpr unsigned fields_in(const query_command*) {
    return field::slot | field::value;
}
inline void describe(const query_command& item, item_fields& f) {
    f.slot = static_cast<int>(item.block->slot);
    f.value = item.block->id;
    if (f.wants_text)
        f.text = (item.what == query_command::kind::fetch ? "fetch,block=" : "load,block=") + std::to_string(f.value);
}

// Value: the block.
constexpr unsigned fields_in(const query_loaded*) {
    return field::value;
}
inline void describe(const query_loaded& item, item_fields& f) {
    f.value = item.block;
    if (f.wants_text)
        f.text = "block=" + std::to_string(item.block);
}

// Value: the DRAM address; of a flush 0.
constexpr unsigned fields_in(const fetch_item*) {
    return field::value;
}
inline void describe(const fetch_item& item, item_fields& f) {
    static const char* const names[] = {"fetch", "release", "flush"};
    f.value = item.address;
    if (f.wants_text)
        f.text = std::string(names[static_cast<unsigned>(item.what)]) + "," + hex_text(item.address) +
                 ",atoms=" + std::to_string(item.atoms);
}

// Value: the requester's tag.
constexpr unsigned fields_in(const arrived_item*) {
    return field::value;
}
inline void describe(const arrived_item& item, item_fields& f) {
    f.value = item.tag;
    if (f.wants_text)
        f.text = "tag=" + std::to_string(item.tag);
}

// Value: the tile.
constexpr unsigned fields_in(const tile_item*) {
    return field::slot | field::value;
}
inline void describe(const tile_item& item, item_fields& f) {
    const bool begin = item.what == tile_item::kind::block_begin;
    f.slot = static_cast<int>(item.block->slot);
    f.value = item.tile;
    if (f.wants_text)
        f.text = begin ? "begin,block=" + std::to_string(item.block->id)
                       : "close,tile=" + std::to_string(item.tile) + ",retained=" + std::to_string(item.retained);
}

// Value: 1 above the high water mark.
constexpr unsigned fields_in(const level_item*) {
    return field::value;
}
inline void describe(const level_item& item, item_fields& f) {
    f.value = item.above ? 1 : 0;
    if (f.wants_text)
        f.text = item.above ? "above" : "below";
}

// Value: the block.
constexpr unsigned fields_in(const done_item*) {
    return field::value;
}
inline void describe(const done_item& item, item_fields& f) {
    f.value = item.block;
    if (f.wants_text)
        f.text = "block=" + std::to_string(item.block);
}

constexpr unsigned fields_in(const job_item*) {
    return 0;
}
inline void describe(const job_item&, item_fields&) {}

// Value: the score; of the head of a tile its number.
constexpr unsigned fields_in(const pair_item*) {
    return field::key | field::row | field::value;
}
inline void describe(const pair_item& item, item_fields& f) {
    if (item.head) {
        f.value = item.head->tile;
        if (f.wants_text)
            f.text = "tile=" + std::to_string(item.head->tile) + ",block=" + std::to_string(item.head->block->id);
        return;
    }
    f.key = item.key;
    f.row = item.row;
    f.value = bits_of(item.score);
    if (f.wants_text)
        f.text = std::to_string(item.score);
}

// Value: V rows.
constexpr unsigned fields_in(const v_reserved_item*) {
    return field::value;
}
inline void describe(const v_reserved_item& item, item_fields& f) {
    f.value = item.v_rows;
    if (f.wants_text)
        f.text = "rows=" + std::to_string(item.v_rows);
}

// Value: p or the rescale factor, fixed point; of the head of a tile its number.
constexpr unsigned fields_in(const weight_item*) {
    return field::key | field::row | field::value;
}
inline void describe(const weight_item& item, item_fields& f) {
    if (item.what == weight_item::kind::head) {
        f.value = item.head->tile;
        if (f.wants_text)
            f.text = "tile=" + std::to_string(item.head->tile) + ",block=" + std::to_string(item.head->block->id);
        return;
    }
    const bool rescale = item.what == weight_item::kind::rescale;
    f.key = rescale ? -1 : static_cast<std::int64_t>(item.key);
    f.row = item.row;
    f.value = item.value;
    if (f.wants_text)
        f.text = (rescale ? "rescale=" : "p=") + std::to_string(item.value);
}

// Value: V rows that the round reads.
constexpr unsigned fields_in(const round_item*) {
    return field::slot | field::value;
}
inline void describe(const round_item& item, item_fields& f) {
    f.slot = static_cast<int>(item.block->slot);
    f.value = item.v_rows;
    if (!f.wants_text)
        return;
    f.text = "block=" + std::to_string(item.block->id) + ",keys=";
    for (unsigned i = 0; i < item.v_rows; ++i)
        f.text += (i == 0 ? "" : "/") + std::to_string(item.v[i].key);
}

// Value: the query.
constexpr unsigned fields_in(const o_row_item*) {
    return field::row | field::slot | field::value;
}
inline void describe(const o_row_item& item, item_fields& f) {
    const block_row& row = item.block->rows[item.row];
    f.row = item.row;
    f.slot = static_cast<int>(item.block->slot);
    f.value = row.query;
    if (f.wants_text)
        f.text = "head=" + std::to_string(row.head) + ",query=" + std::to_string(row.query);
}

}  // namespace pade
