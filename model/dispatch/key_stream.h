// The keys of the loaded row blocks in the order in which one lane column admits them: block by block, tile by tile in
// the block's order, keys ascending inside a tile; where rows have different KV heads, their keys of one number follow
// each other.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "model/dispatch/column.h"
#include "model/job.h"

namespace pade {

/// A row block that has been loaded: its rows have their queries.
struct loaded_block {
    block_ptr info;
    std::uint64_t first_tile = 0;  ///< sequence number of its first tile

    /// Rows of KV head `kv` that see `key`. A masked pair takes no lane cycle, no entry and no bound.
    row_mask rows_that_see(std::uint32_t kv, std::uint32_t key) const {
        row_mask rows = 0;
        for (std::size_t i = 0; i < info->rows.size(); ++i) {
            const block_row& row = info->rows[i];
            if (row.valid && row.kv == kv && key < row.visible_keys)
                rows = static_cast<row_mask>(rows | 1u << i);
        }
        return rows;
    }
};

/// The loaded blocks that some column has still to work off or some tile belongs to; ids are consecutive.
class loaded_blocks {
  public:
    void push(loaded_block block) { blocks_.push_back(std::move(block)); }
    void pop_front() {
        blocks_.pop_front();
        ++first_;
    }
    bool has(std::uint64_t id) const { return id >= first_ && id - first_ < blocks_.size(); }
    const loaded_block& at(std::uint64_t id) const { return blocks_[id - first_]; }
    std::uint64_t first() const { return first_; }
    std::uint64_t end() const { return first_ + blocks_.size(); }
    bool empty() const { return blocks_.empty(); }

  private:
    std::uint64_t first_ = 0;
    std::deque<loaded_block> blocks_;
};

class key_stream {
  public:
    struct entry {
        const loaded_block* block = nullptr;
        std::uint32_t key = 0;
        std::uint32_t kv = 0;
        row_mask rows = 0;
        std::uint64_t tile = 0;
    };

    /// `of`: the rows whose keys it gives; a key that none of them sees is passed over.
    key_stream(unsigned column, unsigned lanes, row_mask of = static_cast<row_mask>(~0u))
        : column_(column), lanes_(lanes), of_(of) {}

    /// The next key of the column that some row sees, or null when the loaded blocks have no more.
    const entry* peek(const loaded_blocks& blocks);
    void advance() {
        ++kv_position_;
        found_ = false;
    }
    /// The block that the column works on.
    std::uint64_t block() const { return block_; }

  private:
    bool find(const loaded_blocks& blocks);

    unsigned column_;
    unsigned lanes_;
    row_mask of_;
    std::uint64_t block_ = 0;
    std::uint32_t tile_position_ = 0;
    std::uint32_t key_ = none;
    std::uint32_t kv_position_ = 0;
    bool found_ = false;
    entry entry_;

    static constexpr std::uint32_t none = ~std::uint32_t{0};
};

}  // namespace pade
