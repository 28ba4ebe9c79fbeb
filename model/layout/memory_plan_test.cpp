#include "model/layout/memory_plan.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <tuple>

#include "model/errors.h"

using namespace pade;

namespace {

struct shape {
    std::uint32_t queries;
    std::uint32_t keys;
    std::uint32_t head_dim;
    unsigned heads;
    unsigned kv_heads;
    unsigned output_bytes;
};

job make_job(const shape& s) {
    job work;
    work.queries = s.queries;
    work.keys = s.keys;
    work.head_dim = s.head_dim;
    work.heads.resize(s.heads);
    work.kv_heads.resize(s.kv_heads);
    for (unsigned i = 0; i < s.heads; ++i)
        work.heads[i].kv = i * s.kv_heads / s.heads;
    return work;
}

std::unique_ptr<k_layout> layout_of(const shape& s, const address_map& map, std::uint32_t key_bits = 8) {
    return make_k_layout({}, map, {s.keys, s.head_dim, key_bits});
}

}  // namespace

TEST_CASE("no two tensors of a job share a byte, and all lie in DRAM") {
    for (const unsigned channels : {1u, 16u}) {
        dram_params dram;
        dram.pseudo_channels = channels;
        const address_map map(dram);
        for (const shape& s :
             {shape{1, 1, 8, 1, 1, 2}, shape{3, 100, 80, 4, 2, 2}, shape{16, 2048, 64, 14, 2, 2},
              shape{5, 513, 128, 12, 12, 4}, shape{2, 8192, 256, 8, 4, 4}, shape{7, 65, 24, 6, 3, 2}}) {
            INFO(channels << " channels, " << s.keys << " keys, " << s.head_dim << " dims");
            const auto layout = layout_of(s, map);
            job work = make_job(s);
            params p;
            p.tile.keys = 48;
            const std::uint64_t spilled = spill_bytes(p, s.keys);
            CHECK(spilled >= std::uint64_t{s.keys} * p.rows.count * 8);
            CHECK(spilled < (std::uint64_t{s.keys} + 48) * p.rows.count * 8);
            plan_memory(work, *layout, map, s.output_bytes, spilled);

            CHECK(work.o_row_bytes >= s.head_dim * s.output_bytes);
            CHECK(work.o_row_bytes < s.head_dim * s.output_bytes + 32);
            std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;  // [first, last)
            for (const job_kv_head& kv : work.kv_heads)
                for (std::uint32_t atom = 0; atom < layout->atoms(); ++atom) {
                    const std::uint64_t address = layout->address(kv.k_row, atom);
                    ranges.emplace_back(address, address + 32);
                }
            std::uint32_t last_k_row = 0;
            for (const auto& [first, last] : ranges)
                last_k_row = std::max<std::uint32_t>(last_k_row, map.decode(last - 1).row);
            const std::size_t k_ranges = ranges.size();
            for (const job_kv_head& kv : work.kv_heads)
                ranges.emplace_back(kv.v_address, kv.v_address + std::uint64_t{s.keys} * work.row_bytes());
            for (const job_head& head : work.heads) {
                ranges.emplace_back(head.q_address, head.q_address + std::uint64_t{s.queries} * work.row_bytes());
                ranges.emplace_back(head.o_address, head.o_address + std::uint64_t{s.queries} * work.o_row_bytes);
            }
            ranges.emplace_back(work.spill_address, work.spill_address + spilled);
            for (std::size_t i = k_ranges; i < ranges.size(); ++i) {
                // Whole atoms, in rows that K does not use.
                CHECK(ranges[i].first % 32 == 0);
                CHECK(ranges[i].second % 32 == 0);
                CHECK(map.decode(ranges[i].first).row > last_k_row);
            }
            std::sort(ranges.begin(), ranges.end());
            CHECK(ranges.back().second <= map.bytes());
            std::size_t overlaps = 0;
            for (std::size_t i = 1; i < ranges.size(); ++i)
                overlaps += ranges[i].first < ranges[i - 1].second;
            CHECK(overlaps == 0);
        }
    }
}

TEST_CASE("a DRAM that is just large enough is taken, a smaller one is refused with both sizes") {
    // 2 KiB a row of one channel with two banks. K: 64 keys of 64 dims in 16 atoms a plane: 8 atoms in each bank; with
    // two banks the 8 planes lie in 8 rows. V 4096 B: 2 rows. Q 64 B and O 128 B: one row more.
    dram_params dram;
    dram.pseudo_channels = 1;
    dram.bank_groups = 2;
    dram.banks_per_group = 1;
    const shape s{1, 64, 64, 1, 1, 2};
    const auto plan = [&](unsigned rows, unsigned kv_heads) {
        dram.rows = rows;
        const address_map map(dram);
        job work = make_job({s.queries, s.keys, s.head_dim, kv_heads, kv_heads, s.output_bytes});
        plan_memory(work, *layout_of(s, map), map, s.output_bytes);
        return work;
    };
    CHECK(plan(16, 1).heads[0].o_address == 10 * 2048 + 64);
    // Three heads: 24 rows of K, 6 of V, 576 B: 31 rows.
    CHECK(plan(32, 3).heads[2].o_address == 30 * 2048 + 2 * 192 + 64);
    CHECK_THROWS_AS(plan(16, 2), input_error);
    CHECK_THROWS_WITH(plan(16, 2), Catch::Contains(std::to_string(20 * 2048 + 2 * 192)) && Catch::Contains("32768"));
    CHECK_THROWS_AS(plan(16, 3), input_error);
}

TEST_CASE("a DRAM that has no room for what may be spilled is refused") {
    dram_params dram;
    dram.pseudo_channels = 1;
    dram.bank_groups = 2;
    dram.banks_per_group = 1;
    dram.rows = 16;
    const address_map map(dram);
    // 8 rows of K, 4096 B of V, 64 B of Q and 128 B of O: 12096 B are left.
    const auto plan = [&](std::uint64_t spilled) {
        const shape s{1, 64, 64, 1, 1, 2};
        job work = make_job(s);
        plan_memory(work, *layout_of(s, map), map, 2, spilled);
        return work.spill_address;
    };
    CHECK(plan(12096) == 32768 - 12096);
    CHECK_THROWS_AS(plan(12096 + 32), input_error);
}

TEST_CASE("V up to the last byte of DRAM fits") {
    dram_params dram;
    dram.pseudo_channels = 1;
    dram.bank_groups = 2;
    dram.banks_per_group = 1;
    dram.rows = 16;
    const address_map map(dram);
    // 8 rows of K, then 16384 B: 64 keys of V, 4096 B; Q 128 rows of 64 B and O 32 B a row would be 12288 B.
    const auto plan = [&](std::uint32_t queries) {
        const shape s{queries, 64, 64, 1, 1, 2};
        job work = make_job(s);
        plan_memory(work, *layout_of(s, map), map, 2);
    };
    CHECK_NOTHROW(plan(64));  // 64 * (64 + 128) = 12288
    CHECK_THROWS_AS(plan(65), input_error);
}

TEST_CASE("a mapping whose most significant field is not the row is refused") {
    dram_params dram;
    dram.mapping = "bank:2 row:14 column:5 bank_group:2 pseudo_channel:4 offset:5";
    const address_map map(dram);
    const shape s{1, 64, 64, 1, 1, 2};
    job work = make_job(s);
    CHECK_THROWS_AS(plan_memory(work, *layout_of(s, map), map, 2), input_error);
    CHECK_THROWS_WITH(plan_memory(work, *layout_of(s, map), map, 2),
                      Catch::Contains("dram.mapping") && Catch::Contains("row"));
    dram.mapping = "row:14 column:5 bank:2 pseudo_channel:4 bank_group:2 offset:5";
    const address_map other(dram);
    CHECK_NOTHROW(plan_memory(work, *layout_of(s, other), other, 2));
}
