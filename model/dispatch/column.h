// One lane column as the dispatcher sees it: the keys that live in its lanes, the planes that their rows ask for, and
// the choice of the plane to deliver next (pade.md section 4, item 4). State only; the dispatcher says when.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "model/params.h"
#include "tlm/payloads.h"

namespace pade {

using row_mask = std::uint16_t;

/// A key from its admission until it has ended for every row that sees it. What a verdict needs lies in one line of
/// cache.
struct alignas(64) live_key {
    std::uint32_t key = 0;
    std::uint32_t kv = 0;
    std::uint32_t block = 0;  ///< modulo 2^32
    std::uint8_t slot = 0;
    std::uint8_t present = 0;  ///< bit r: plane r can be read from it
    std::uint8_t pinned = 0;   ///< bit r: this key pins the atoms of plane r
    row_mask alive = 0;
    row_mask waiting = 0;                        ///< rows that see it and have not admitted it (admission per_lane)
    std::uint64_t tile = 0;                      ///< sequence number of its tile
    std::array<row_mask, max_planes> to_come{};  ///< living rows that have not been sent plane r
    std::uint64_t age = 0;                       ///< admissions of the column before it

    cycle_t since = 0;                                ///< edge of its admission
    std::array<std::uint8_t, max_planes> missing{};   ///< atoms of plane r that are pinned and not there yet
    std::array<std::uint32_t, max_planes> atom{};     ///< the first one of plane r
    std::array<std::uint64_t, max_planes> address{};  ///< of the plane in DRAM
    bool delivered_any[max_planes]{};
};

class column {
  public:
    /// What is delivered next.
    struct delivery {
        std::uint16_t tag = 0;
        std::uint8_t plane = 0;
        row_mask rows = 0;
    };
    /// Why nothing is delivered.
    enum class state : std::uint8_t { ready, no_room, port_busy, no_data, no_request, empty };

    static constexpr std::uint16_t no_tag = 0xffff;

    column(const dispatch_params& params, unsigned rows, unsigned entries, unsigned fifo_planes);

    // ---- admission --------------------------------------------------------------------------------------------------
    /// Each of these rows has a free scoreboard entry.
    bool has_entries(row_mask rows) const { return (rows & ~entry_room_) == 0; }
    /// Rows `key.alive` admit it; `key.waiting` will later.
    std::uint16_t admit(live_key key);
    /// Tag of the key, if it lives and some row is still to admit it; no_tag otherwise.
    std::uint16_t find_waiting(std::uint32_t block, std::uint32_t kv, std::uint32_t key) const;
    /// One of the rows that wait for the key admits it.
    void join(std::uint16_t tag, row_mask row);
    /// Keys that some row has admitted and another one is still to admit.
    std::size_t waiting() const { return waiting_.size(); }
    /// Some key that another row has admitted waits for this row.
    bool awaits(row_mask row) const;
    /// The row has no live key in this column.
    bool row_idle(unsigned row) const { return entries_free_[row] == entries_; }
    live_key& key(std::uint16_t tag) { return keys_[tag]; }
    const live_key& key(std::uint16_t tag) const { return keys_[tag]; }
    unsigned live() const { return live_; }
    /// Live and dead ones (those without a row), by tag.
    const std::vector<live_key>& keys() const { return keys_; }
    bool has_fifo_place(unsigned row) const { return (fifo_room_ >> row & 1) != 0; }

    /// Rows that wait for plane `plane` of the key.
    row_mask asking(std::uint16_t tag, unsigned plane) const { return asking_[tag][plane]; }

    // ---- requests ---------------------------------------------------------------------------------------------------
    /// Rows ask for plane `plane` of the key.
    void ask(std::uint16_t tag, unsigned plane, row_mask rows);
    /// Plane `plane` of the key can be read from the KV buffer.
    void arrived(std::uint16_t tag, unsigned plane);
    /// The row has done with the key: its entry is free again.
    void end_row(std::uint16_t tag, unsigned row);
    /// All rows have done with it, and none is still to admit it.
    void remove(std::uint16_t tag);

    // ---- delivery ---------------------------------------------------------------------------------------------------
    /// Chooses a plane, takes FIFO places for it and forgets the request. Otherwise says why not.
    state pick(delivery& out);
    /// A lane's FIFO has one more free place.
    void fifo_place(unsigned row);

  private:
    struct request {
        std::uint64_t order;  // age of the key, then the plane
        std::uint16_t tag;
        std::uint8_t plane;
    };
    void take_entries(row_mask rows);
    void list(std::uint16_t tag, unsigned plane);
    void enter_window(const request& r);
    std::size_t choose(state& why) const;

    dispatch_order order_;
    dispatch_pick pick_;
    std::size_t window_;
    std::uint64_t admitted_ = 0;
    unsigned live_ = 0;
    unsigned entries_;
    row_mask entry_room_ = 0;
    row_mask fifo_room_ = 0;
    std::array<std::uint16_t, max_rows> entries_free_{};
    std::array<std::uint16_t, max_rows> fifo_free_{};
    std::vector<live_key> keys_;
    std::vector<std::array<row_mask, max_planes>> asking_;  // [tag], apart from the keys: a choice looks at many
    std::vector<std::uint16_t> free_tags_;
    std::vector<std::uint16_t> waiting_;  // tags of keys that some row is still to admit, oldest first
    // Out of order: planes asked for and present; those that the pick looks at, in the order of its preference, and
    // those that came later, by arrival. In order: planes asked for, by request, present or not; the oldest is picked.
    std::vector<request> choices_;
    std::deque<request> later_;
    unsigned waiting_for_data_ = 0;  // asked for, not present (out of order)
};

inline void column::end_row(std::uint16_t tag, unsigned row) {
    live_key& k = keys_[tag];
    const auto others = static_cast<row_mask>(~(1u << row));
    k.alive &= others;
    for (row_mask& rows : k.to_come)
        rows &= others;
    if (entries_free_[row]++ == 0)
        entry_room_ = static_cast<row_mask>(entry_room_ | 1u << row);
}

inline void column::fifo_place(unsigned row) {
    ++fifo_free_[row];
    fifo_room_ = static_cast<row_mask>(fifo_room_ | 1u << row);
}

}  // namespace pade
