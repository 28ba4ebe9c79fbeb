#include "model/dispatch/key_stream.h"

namespace pade {

const key_stream::entry* key_stream::peek(const loaded_blocks& blocks) {
    if (!found_)
        found_ = find(blocks);
    return found_ ? &entry_ : nullptr;
}

bool key_stream::find(const loaded_blocks& blocks) {
    for (; blocks.has(block_); ++block_, tile_position_ = 0, key_ = none) {
        const loaded_block& block = blocks.at(block_);
        const block_info& info = *block.info;
        for (; tile_position_ < info.tiles.size(); ++tile_position_, key_ = none) {
            const std::uint32_t begin = info.tiles[tile_position_] * info.tile_keys;
            if (key_ == none) {
                key_ = begin + (column_ + lanes_ - begin % lanes_) % lanes_;
                kv_position_ = 0;
            }
            for (; key_ < begin + info.tile_keys; key_ += lanes_, kv_position_ = 0) {
                for (; kv_position_ < info.kv_heads.size(); ++kv_position_) {
                    const std::uint32_t kv = info.kv_heads[kv_position_];
                    const auto rows = static_cast<row_mask>(block.rows_that_see(kv, key_) & of_);
                    if (rows == 0)
                        continue;
                    entry_ = {&block, key_, kv, rows, block.first_tile + tile_position_};
                    return true;
                }
            }
        }
    }
    return false;
}

}  // namespace pade
