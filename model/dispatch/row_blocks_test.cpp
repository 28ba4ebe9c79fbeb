// Which queries share a block, and in which order blocks come (pade.md section 4, item 2).
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "model/dispatch/row_blocks.h"

using namespace pade;

namespace {

/// A job whose query heads have these KV heads.
std::shared_ptr<job> make_job(job_phase phase, std::uint32_t queries, std::uint32_t keys,
                              const std::vector<std::uint32_t>& kv_of_head) {
    auto work = std::make_shared<job>();
    work->phase = phase;
    work->queries = queries;
    work->keys = keys;
    work->head_dim = 80;
    work->alpha = 0.7;
    work->radius = 4.0;
    work->o_row_bytes = 160;
    for (std::size_t head = 0; head < kv_of_head.size(); ++head) {
        job_head h;
        h.kv = kv_of_head[head];
        h.logit_scale = 0.5 + static_cast<double>(head);
        h.v_scale = 0.25 + static_cast<double>(head);
        h.q_address = 0x10000 * (head + 1);
        h.o_address = 0x1000000 + 0x10000 * head;
        work->heads.push_back(h);
        if (work->kv_heads.size() <= h.kv)
            work->kv_heads.resize(h.kv + std::size_t{1});
    }
    for (std::size_t kv = 0; kv < work->kv_heads.size(); ++kv)
        work->kv_heads[kv] = {static_cast<std::uint32_t>(kv * 3), 0x5000000 + 0x100000 * kv};
    return work;
}

std::vector<block_ptr> all_blocks(const std::shared_ptr<const job>& work, const params& p, std::uint64_t first = 0) {
    row_blocks blocks(work, p, first);
    std::vector<block_ptr> list;
    while (const block_ptr block = blocks.next())
        list.push_back(block);
    CHECK(blocks.next() == nullptr);
    return list;
}

/// "h0q0 h0q1 -": head and query of each row, one text a block.
std::vector<std::string> packing(const std::vector<block_ptr>& blocks) {
    std::vector<std::string> texts;
    for (const block_ptr& block : blocks) {
        std::string text;
        for (const block_row& row : block->rows)
            text += (text.empty() ? "" : " ") +
                    (row.valid ? "h" + std::to_string(row.head) + "q" + std::to_string(row.query) : "-");
        texts.push_back(text);
    }
    return texts;
}

params rows(unsigned count) {
    params p;
    p.rows.count = count;
    p.tile.keys = 16;
    return p;
}

using texts = std::vector<std::string>;
using numbers = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("prefill, MHA: consecutive queries of one head, only the last block of a head has idle rows") {
    const auto work = make_job(job_phase::prefill, 5, 40, {0, 1});
    CHECK(packing(all_blocks(work, rows(4))) ==
          texts{"h0q0 h0q1 h0q2 h0q3", "h0q4 - - -", "h1q0 h1q1 h1q2 h1q3", "h1q4 - - -"});
}

TEST_CASE("prefill, GQA: one block a head of the group, then the next queries") {
    const auto work = make_job(job_phase::prefill, 4, 40, {0, 0, 1, 1});
    CHECK(packing(all_blocks(work, rows(2))) == texts{"h0q0 h0q1", "h1q0 h1q1", "h0q2 h0q3", "h1q2 h1q3", "h2q0 h2q1",
                                                      "h3q0 h3q1", "h2q2 h2q3", "h3q2 h3q3"});
}

TEST_CASE("prefill, rows.packing = heads: query-major, head-minor, only the last block of a KV head has idle rows") {
    params p = rows(4);
    p.rows.packing = rows_packing::heads;
    CHECK(packing(all_blocks(make_job(job_phase::prefill, 3, 40, {0, 0, 1, 1}), p)) ==
          texts{"h0q0 h1q0 h0q1 h1q1", "h0q2 h1q2 - -", "h2q0 h3q0 h2q1 h3q1", "h2q2 h3q2 - -"});
    CHECK(packing(all_blocks(make_job(job_phase::prefill, 2, 40, {0, 0, 0}), p)) ==
          texts{"h0q0 h1q0 h2q0 h0q1", "h1q1 h2q1 - -"});
}

TEST_CASE("decode, MHA: further KV heads fill the rows, one step after another") {
    const auto work = make_job(job_phase::decode, 2, 40, {0, 1, 2, 3, 4});
    const auto blocks = all_blocks(work, rows(4));
    CHECK(packing(blocks) == texts{"h0q0 h1q0 h2q0 h3q0", "h4q0 - - -", "h0q1 h1q1 h2q1 h3q1", "h4q1 - - -"});
    CHECK(blocks[0]->kv_heads == numbers{0, 1, 2, 3});
    CHECK(blocks[1]->kv_heads == numbers{4});
    CHECK(blocks[1]->step == 0);
    CHECK(blocks[2]->step == 1);
}

TEST_CASE("decode, GQA: whole groups share a block where they fit") {
    CHECK(packing(all_blocks(make_job(job_phase::decode, 1, 40, {0, 0, 1, 1, 2, 2}), rows(4))) ==
          texts{"h0q0 h1q0 h2q0 h3q0", "h4q0 h5q0 - -"});
    // A second group of 3 does not fit beside the first.
    CHECK(packing(all_blocks(make_job(job_phase::decode, 1, 40, {0, 0, 0, 1, 1, 1}), rows(4))) ==
          texts{"h0q0 h1q0 h2q0 -", "h3q0 h4q0 h5q0 -"});
}

TEST_CASE("decode: a group is split only if it has more heads than rows") {
    CHECK(packing(all_blocks(make_job(job_phase::decode, 1, 40, {0, 0, 0, 0, 0, 0}), rows(4))) ==
          texts{"h0q0 h1q0 h2q0 h3q0", "h4q0 h5q0 - -"});
    CHECK(packing(all_blocks(make_job(job_phase::decode, 1, 40, {0, 0, 0, 0, 0, 0, 1, 1}), rows(4))) ==
          texts{"h0q0 h1q0 h2q0 h3q0", "h4q0 h5q0 h6q0 h7q0"});
}

TEST_CASE("decode, groups of different sizes, and heads that do not lie together") {
    CHECK(packing(all_blocks(make_job(job_phase::decode, 1, 40, {0, 1, 1, 2, 1, 3}), rows(4))) ==
          texts{"h0q0 h1q0 h2q0 h4q0", "h3q0 h5q0 - -"});
}

TEST_CASE("a KV head without query heads is passed over") {
    const auto prefill = make_job(job_phase::prefill, 1, 40, {1, 3});
    CHECK(packing(all_blocks(prefill, rows(2))) == texts{"h0q0 -", "h1q0 -"});
    const auto decode = make_job(job_phase::decode, 1, 40, {1, 3});
    CHECK(packing(all_blocks(decode, rows(2))) == texts{"h0q0 h1q0"});
}

TEST_CASE("a block carries what its rows need") {
    auto work = make_job(job_phase::prefill, 3, 40, {0, 0});
    work->causal = true;
    work->first_query = 30;
    params p = rows(2);
    const auto blocks = all_blocks(work, p, 7);
    REQUIRE(blocks.size() == 4);
    const block_info& block = *blocks[1];
    CHECK(block.id == 8);
    CHECK(block.slot == 0);
    CHECK(blocks[2]->slot == 1);
    CHECK(block.head_dim == 80);
    CHECK(block.row_bytes == 96);
    CHECK(block.o_row_bytes == 160);
    CHECK(block.tile_keys == 16);
    CHECK(block.alpha == 0.7);
    CHECK(block.radius == 4.0);
    CHECK(block.kv_heads == numbers{0});
    CHECK(block.tiles == numbers{0, 1});          // the newest key that row 1 sees is 31
    CHECK(blocks[3]->tiles == numbers{0, 2, 1});  // 32 is in the third tile
    const block_row& row = block.rows[1];
    CHECK(row.head == 1);
    CHECK(row.kv == 0);
    CHECK(row.query == 1);
    CHECK(row.visible_keys == 32);
    CHECK(row.logit_scale == 1.5);
    CHECK(row.v_scale == 1.25);
    CHECK(row.q_address == 0x20000 + 96);
    CHECK(row.o_address == 0x1010000 + 160);
    CHECK(row.v_address == 0x5000000);
    CHECK_FALSE(blocks[2]->last_of_job);
    CHECK(blocks[3]->last_of_job);
}

TEST_CASE("slots with one block in flight, and with ISTA off") {
    const auto work = make_job(job_phase::prefill, 4, 80, {0});
    params p = rows(2);
    CHECK(all_blocks(work, p)[1]->slot == 1);
    CHECK(all_blocks(work, p)[1]->tiles == numbers{0, 4, 1, 3, 2});
    p.rows.blocks_in_flight = 1;
    CHECK(all_blocks(work, p)[1]->slot == 0);
    p.rows.blocks_in_flight = 2;
    p.ista.enabled = false;
    CHECK(all_blocks(work, p)[1]->slot == 0);
    CHECK(all_blocks(work, p)[1]->tiles == numbers{0, 1, 2, 3, 4});
}

TEST_CASE("whatever the shape, each query of each head is in one row of one block") {
    const std::uint32_t seed = 20260101;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto draw = [&](unsigned low, unsigned high) {
        return std::uniform_int_distribution<unsigned>(low, high)(random);
    };
    for (int run = 0; run < 200; ++run) {
        INFO("run " << run);
        params p = rows(draw(1, 16));
        p.rows.packing = static_cast<rows_packing>(draw(0, 1));
        numbers kv_of_head(draw(1, 20));
        for (std::uint32_t& kv : kv_of_head)
            kv = draw(0, 5);
        const auto phase = static_cast<job_phase>(draw(0, 1));
        const auto work = make_job(phase, draw(1, 20), 40, kv_of_head);
        std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
        const auto blocks = all_blocks(work, p);
        std::uint32_t step = 0;
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            const block_info& block = *blocks[i];
            CHECK(block.id == i);
            CHECK(block.last_of_job == (i + 1 == blocks.size()));
            CHECK(block.rows.size() == p.rows.count);
            CHECK(block.step >= step);
            step = block.step;
            std::set<std::uint32_t> kv_heads;
            for (const block_row& row : block.rows) {
                if (!row.valid)
                    continue;
                CHECK(seen.emplace(row.head, row.query).second);
                kv_heads.insert(row.kv);
                CHECK((phase == job_phase::prefill || row.query == block.step));
            }
            CHECK(block.kv_heads == numbers(kv_heads.begin(), kv_heads.end()));
            CHECK((phase == job_phase::decode || kv_heads.size() == 1));
        }
        CHECK(seen.size() == kv_of_head.size() * work->queries);
    }
}
