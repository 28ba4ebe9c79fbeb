#include "testbench/run/recorder.h"

#include <algorithm>

namespace pade {

recorder::recorder(const std::filesystem::path& folder, std::uint32_t heads, std::uint32_t queries,
                   std::uint32_t head_dim)
    : head_dim_(head_dim),
      retained_writer_(folder / "retained.npy", heads),
      output_writer_(folder / "output.npy", heads, queries, head_dim) {}

void recorder::write(const pair_event& pair) {
    open_[pair.block->id * max_rows + pair.row].push_back({pair.key, pair.score});
}

void recorder::write(const o_row_event& event) {
    errors_.guard([&] { write_row(event); });
}

void recorder::write_row(const o_row_event& event) {
    const block_row& row = event.block->rows[event.row];
    const auto it = open_.find(event.block->id * max_rows + event.row);
    if (it != open_.end()) {
        auto& keys = it->second;
        std::sort(keys.begin(), keys.end(), [](const retained_key& a, const retained_key& b) { return a.key < b.key; });
        retained_writer_.write(row.head, row.query, keys);
        open_.erase(it);
    }
    output_writer_.write(row.head, row.query, view<float>(event.o, head_dim_));
}

void recorder::close() {
    retained_writer_.close();
    output_writer_.close();
}

}  // namespace pade
