// Which tiles are open, and which may go on: a tile opens with its first admission, closes when each (row, key) pair in
// it has ended, and goes on in tile order (pade.md section 4, item 4).
#pragma once

#include <cstdint>
#include <deque>

#include "model/job.h"

namespace pade {

class tile_tracker {
  public:
    struct tile {
        block_ptr block;
        std::uint32_t number = 0;      ///< keys number * tile_keys ...
        std::uint32_t pairs_left = 0;  ///< (row, key) pairs that have not ended
        std::uint32_t retained = 0;
        bool open = false;
        bool last_of_block = false;
    };

    explicit tile_tracker(unsigned open_limit) : open_limit_(open_limit) {}

    /// Appends the tiles of a block; returns the sequence number of its first one.
    std::uint64_t add(const block_ptr& block);
    /// Opens the tile `sequence`, and those before it that are not open yet. False when that would be too many open
    /// tiles.
    bool open(std::uint64_t sequence);
    bool is_open(std::uint64_t sequence) const { return at(sequence).open; }
    /// A pair of an open tile has ended.
    void end_pair(std::uint64_t sequence, bool retained);

    /// The oldest tile has closed and can go on.
    bool front_closed() const { return !tiles_.empty() && tiles_.front().open && tiles_.front().pairs_left == 0; }
    const tile& front() const { return tiles_.front(); }
    void pop_front();

    /// True for the oldest tile that has not closed: the only one whose keys are admitted above the high water mark.
    bool is_oldest_open(std::uint64_t sequence) const;
    unsigned open_tiles() const { return open_; }
    bool empty() const { return tiles_.empty(); }

  private:
    tile& at(std::uint64_t sequence) { return tiles_[sequence - first_]; }
    const tile& at(std::uint64_t sequence) const { return tiles_[sequence - first_]; }

    unsigned open_limit_;
    unsigned open_ = 0;
    std::uint64_t first_ = 0;      // sequence number of tiles_.front()
    std::uint64_t next_open_ = 0;  // all tiles before it have been opened
    std::deque<tile> tiles_;
};

}  // namespace pade
