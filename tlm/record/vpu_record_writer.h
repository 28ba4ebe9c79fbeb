// How the items at RARS become records (docs/rtl.md lists the fields). What comes from the softmax unit at one edge is
// spread over ports with one item an edge: a head goes to the port of its tile buffer, and the exponentials of the edge
// go to item_0, item_1, ... in their order, each with its buffer.
#pragma once

#include <string>
#include <vector>

#include "model/errors.h"
#include "tlm/record/record_writer.h"
#include "tlm/vpu_payloads.h"

namespace pade {

namespace record_width {
inline constexpr unsigned tile = 20, pairs = 15, v_rows = 11, kv = 16, row = 4, value = 25, few = 5;
}  // namespace record_width

/// KV heads have 16 bits in a record.
inline unsigned recorded_kv(std::uint32_t kv) {
    if (kv >> record_width::kv != 0)
        throw input_error("--record-rtl: pade.rars has a row of KV head " + std::to_string(kv) +
                          "; allowed: KV heads up to 65535");
    return kv;
}

template <>
struct record_writer<weight_item> {
    static constexpr bool at(record_end end) { return end == record_end::receiver; }
    static bool wants(const std::string&) { return true; }
    record_writer(rtl_record& r, record_block& b, record_end, const std::string&)
        : rows(r.shape().rows),
          head{&head_port(r, b, "head_0", rows), &head_port(r, b, "head_1", rows)},
          tile_credit(r.port(b, "tile_credit", false, {{"count", record_width::few}})) {
        for (unsigned i = 0; i < r.shape().exps_per_cycle; ++i)
            exps.push_back(&r.port(b, "item_" + std::to_string(i), true,
                                   {{"buffer", 1},
                                    {"weight", 1},
                                    {"row", record_width::row},
                                    {"key", record_width::key},
                                    {"value", record_width::value}}));
    }
    void item(const weight_item& item) {
        if (item.what == weight_item::kind::head) {
            newest = (newest + 1) % rars_tiles;
            const tile_head& h = *item.head;
            record_port& port = *head[newest];
            port.begin(item.visible);
            port.put(h.block->id);
            port.put(h.tile);
            port.put(h.last_of_block ? 1 : 0);
            port.put(h.pairs);
            port.put(h.v_rows);
            for (unsigned row = 0; row < rows; ++row)
                port.put(row < h.block->rows.size() ? recorded_kv(h.block->rows[row].kv) : 0);
            port.end();
            return;
        }
        if (item.visible != edge) {
            edge = item.visible;
            of_edge = 0;
        }
        if (of_edge == exps.size())
            throw input_error("--record-rtl: pade.rars.in has more than " + std::to_string(exps.size()) +
                              " exponentials for edge " + std::to_string(edge - 1) +
                              "; allowed: softmax.exps_per_cycle");
        record_port& port = *exps[of_edge++];
        const bool weight = item.what == weight_item::kind::weight;
        port.begin(item.visible);
        port.put(newest);
        port.put(weight ? 1 : 0);
        port.put(item.row);
        port.put(weight ? item.key : 0);
        port.put(item.value);
        port.end();
    }
    void credit(cycle_t now) { tile_credit.count(now + 1); }

    static record_port& head_port(rtl_record& r, record_block& b, const char* name, unsigned rows) {
        return r.port(b, name, true,
                      {{"block", record_width::block},
                       {"tile", record_width::tile},
                       {"last_of_block", 1},
                       {"pairs", record_width::pairs},
                       {"v_rows", record_width::v_rows},
                       {"kv", record_width::kv, false, rows}});
    }
    unsigned rows;
    record_port* head[rars_tiles];
    std::vector<record_port*> exps;
    record_port& tile_credit;
    unsigned newest = rars_tiles - 1;
    cycle_t edge = 0;
    std::size_t of_edge = 0;
};

template <>
struct record_writer<v_reserved_item> {
    static constexpr bool at(record_end end) { return end == record_end::receiver; }
    static bool wants(const std::string&) { return true; }
    record_writer(rtl_record& r, record_block& b, record_end, const std::string&)
        : reserved(r.port(b, "reserved", true, {{"v_rows", record_width::few}})) {}
    void item(const v_reserved_item& item) {
        reserved.begin(item.visible);
        reserved.put(item.v_rows);
        reserved.end();
    }
    void credit(cycle_t) {}

    record_port& reserved;
};

template <>
struct record_writer<round_item> {
    static constexpr bool at(record_end end) { return end == record_end::sender; }
    static bool wants(const std::string&) { return true; }
    record_writer(rtl_record& r, record_block& b, record_end, const std::string&)
        : v_rows(r.shape().v_rows_per_round),
          round(r.port(b, "round", false,
                       {{"block", record_width::block},
                        {"last_of_block", 1},
                        {"v_rows", record_width::few},
                        {"key", record_width::key, false, v_rows},
                        {"kv", record_width::kv, false, v_rows},
                        {"last_use", 1, false, v_rows}})),
          round_credit(r.port(b, "round_credit", true, {{"count", record_width::few}})) {
        for (unsigned row = 0; row < r.shape().rows; ++row)
            rows.push_back(&r.port(b, "row_" + std::to_string(row), false,
                                   {{"what", 2}, {"v", record_width::row}, {"value", record_width::value}}));
    }
    void item(const round_item& item) {
        round.begin(item.visible);
        round.put(item.block->id);
        round.put(item.last_of_block ? 1 : 0);
        round.put(item.v_rows);
        for (unsigned v = 0; v < v_rows; ++v)
            round.put(v < item.v_rows ? item.v[v].key : 0);
        for (unsigned v = 0; v < v_rows; ++v)
            round.put(v < item.v_rows ? recorded_kv(item.v[v].kv) : 0);
        for (unsigned v = 0; v < v_rows; ++v)
            round.put(v < item.v_rows && item.v[v].last_use ? 1 : 0);
        round.end();
        for (unsigned row = 0; row < rows.size(); ++row) {
            const row_work& work = item.rows[row];
            if (work.what == row_work::kind::none)
                continue;
            rows[row]->begin(item.visible);
            rows[row]->put(static_cast<unsigned>(work.what));
            rows[row]->put(work.v);
            rows[row]->put(work.value);
            rows[row]->end();
        }
    }
    /// Given at edge `now`, usable from the next one on.
    void credit(cycle_t now) { round_credit.count(now + 1); }

    unsigned v_rows;
    record_port &round, &round_credit;
    std::vector<record_port*> rows;
};

}  // namespace pade
