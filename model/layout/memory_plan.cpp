#include "model/layout/memory_plan.h"

#include <string>

#include "model/errors.h"

namespace pade {

std::uint64_t spill_bytes(const params& p, std::uint32_t keys) {
    constexpr unsigned pair_bytes = 8;
    const std::uint64_t tiles = (std::uint64_t{keys} + p.tile.keys - 1) / p.tile.keys;
    // Whole tiles of pairs are whole atoms, so that what a tile leaves free in its last atom is in here.
    return tiles * p.tile.keys * p.rows.count * pair_bytes;
}

void plan_memory(job& work, const k_layout& layout, const address_map& map, unsigned output_bytes,
                 std::uint64_t spill_bytes) {
    const std::uint64_t bytes_per_row = map.bytes() / map.rows();
    address_map::location second_row;
    second_row.row = 1;
    if (map.rows() > 1 && map.encode(second_row) != bytes_per_row)
        throw input_error("dram.mapping: row is not the most significant field; allowed: for a run on tensors it is");

    std::uint64_t k_rows = 0;
    for (job_kv_head& kv : work.kv_heads) {
        kv.k_row = static_cast<std::uint32_t>(k_rows);
        k_rows += layout.rows();
    }
    std::uint64_t next = k_rows * bytes_per_row;
    const auto take = [&](std::uint64_t rows, std::uint64_t stride) {
        const std::uint64_t address = next;
        next += rows * stride;
        return address;
    };
    const std::uint64_t atom = map.atom_bytes();
    work.o_row_bytes =
        static_cast<std::uint32_t>((std::uint64_t{work.head_dim} * output_bytes + atom - 1) / atom * atom);
    for (job_kv_head& kv : work.kv_heads)
        kv.v_address = take(work.keys, work.row_bytes());
    for (job_head& head : work.heads) {
        head.q_address = take(work.queries, work.row_bytes());
        head.o_address = take(work.queries, work.o_row_bytes);
    }
    work.spill_address = take(1, spill_bytes);
    if (next > map.bytes())
        throw input_error("dram.rows and dram.mapping: the tensors take " + std::to_string(next) +
                          " bytes; allowed: at most what the DRAM has, " + std::to_string(map.bytes()));
}

}  // namespace pade
