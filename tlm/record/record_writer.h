// How the items of each stream become records of the block at its one end or its other (docs/rtl.md lists the fields).
// A payload without a writer here is not recorded.
#pragma once

#include <algorithm>
#include <string>

#include "model/job.h"
#include "tlm/payloads.h"
#include "tlm/record/rtl_record.h"

namespace pade {

/// Whose ports: the sender's, before anything on the link may hold an item back, or the receiver's, behind all that.
enum class record_end { sender, receiver };

namespace record_width {
inline constexpr unsigned key = 20, plane = 3, block = 32, score = 24, offset = 32;
inline constexpr unsigned threshold = 33;  ///< a score less an offset of up to 2^31 - 1
}  // namespace record_width

/// `socket`: the name of the block's socket, without its path.
template <typename Payload>
struct record_writer {
    static constexpr bool at(record_end) { return false; }
};

template <>
struct record_writer<plane_item> {
    static constexpr bool at(record_end end) { return end == record_end::receiver; }
    static bool wants(const std::string&) { return true; }
    record_writer(rtl_record& r, record_block& b, record_end, const std::string&)
        : words(r.shape().words),
          admit(r.port(b, "admit", true, {{"slot", 1}, {"key", record_width::key}, {"more", 1}})),
          plane(r.port(b, "plane", true,
                       {{"slot", 1},
                        {"block", record_width::block},
                        {"key", record_width::key},
                        {"plane", record_width::plane},
                        {"bits", 64, false, words}})),
          plane_credit(r.port(b, "plane_credit", false, {{"count", 4}})) {}
    void item(const plane_item& item) {
        if (item.what == plane_item::kind::admit) {
            admit.begin(item.visible);
            admit.put(item.slot);
            admit.put(item.key);
            admit.put(item.more ? 1 : 0);
            admit.end();
            return;
        }
        plane.begin(item.visible);
        plane.put(item.slot);
        plane.put(item.block);
        plane.put(item.key);
        plane.put(item.plane);
        for (unsigned w = 0; w < words; ++w)
            plane.put(item.bits[w]);
        plane.end();
    }
    void credit(cycle_t now) { plane_credit.count(now + 1); }

    unsigned words;
    record_port &admit, &plane, &plane_credit;
};

/// The wires from the guard filter to the lanes of its row: at lane 0 for the guard filter, at each lane for the lane.
template <>
struct record_writer<row_item> {
    static constexpr bool at(record_end) { return true; }
    static bool wants(const std::string& socket) { return socket == "row" || socket == "lanes_out_0"; }
    record_writer(rtl_record& r, record_block& b, record_end end, const std::string&)
        : words(r.shape().words),
          entries(r.shape().key_bits + 1),
          query(r.port(b, named("query", end), end == record_end::receiver,
                       {{"slot", 1},
                        {"block", record_width::block},
                        {"offset", record_width::offset},
                        {"upper", record_width::score, true, entries},
                        {"lower", record_width::score, true, entries},
                        {"q", 8, true, 64 * words}})),
          threshold{&threshold_port(r, b, end, "threshold_0"), &threshold_port(r, b, end, "threshold_1")} {}
    void item(const row_item& item) {
        if (item.what == row_item::kind::threshold) {
            record_port& port = *threshold[item.slot];
            port.begin(item.visible);
            port.put_signed(item.threshold);
            port.end();
            return;
        }
        const row_query& q = *item.query;
        query.begin(item.visible);
        query.put(item.slot);
        query.put(q.block);
        query.put_signed(q.offset);
        for (unsigned r = 0; r < entries; ++r)
            query.put_signed(q.intervals.upper[r]);
        for (unsigned r = 0; r < entries; ++r)
            query.put_signed(q.intervals.lower[r]);
        for (unsigned e = 0; e < 64 * words; ++e)
            query.put_signed(e < q.operand.dims() ? q.operand.q(e) : 0);
        query.end();
    }
    void credit(cycle_t) {}

    static std::string named(const char* port, record_end end) {
        return end == record_end::sender ? std::string("lanes_") + port : port;
    }
    static record_port& threshold_port(rtl_record& r, record_block& b, record_end end, const char* port) {
        return r.port(b, named(port, end), end == record_end::receiver, {{"value", record_width::threshold, true}});
    }

    unsigned words, entries;
    record_port& query;
    record_port* threshold[2];
};

template <>
struct record_writer<verdict_item> {
    static constexpr bool at(record_end end) { return end == record_end::sender; }
    static bool wants(const std::string&) { return true; }
    record_writer(rtl_record& r, record_block& b, record_end, const std::string&)
        : verdict(r.port(b, "verdict", false,
                         {{"slot", 1}, {"key", record_width::key}, {"plane", record_width::plane}, {"decision", 2}})) {}
    void item(const verdict_item& item) {
        verdict.begin(item.visible);
        verdict.put(item.slot);
        verdict.put(item.key);
        verdict.put(item.plane);
        verdict.put(static_cast<unsigned>(item.decision));
        verdict.end();
    }
    void credit(cycle_t) {}

    record_port& verdict;
};

template <>
struct record_writer<bound_item> {
    static constexpr bool at(record_end) { return true; }
    static bool wants(const std::string&) { return true; }
    record_writer(rtl_record& r, record_block& b, record_end end, const std::string& socket)
        : bound(r.port(b, end == record_end::sender ? "bound" : socket, end == record_end::receiver,
                       {{"slot", 1}, {"block", record_width::block}, {"lower", record_width::score, true}})) {}
    void item(const bound_item& item) {
        bound.begin(item.visible);
        bound.put(item.slot);
        bound.put(item.block);
        bound.put_signed(item.lower);
        bound.end();
    }
    void credit(cycle_t) {}

    record_port& bound;
};

template <>
struct record_writer<score_item> {
    static constexpr bool at(record_end end) { return end == record_end::sender; }
    static bool wants(const std::string&) { return true; }
    record_writer(rtl_record& r, record_block& b, record_end, const std::string&)
        : score(r.port(b, "score", false,
                       {{"slot", 1}, {"key", record_width::key}, {"score", record_width::score, true}})),
          score_credit(r.port(b, "score_credit", true, {{"count", 4}})) {}
    void item(const score_item& item) {
        score.begin(item.visible);
        score.put(item.slot);
        score.put(item.key);
        score.put_signed(item.score);
        score.end();
    }
    /// Given at edge `now`, usable from the next one on.
    void credit(cycle_t now) { score_credit.count(now + 1); }

    record_port &score, &score_credit;
};

template <>
struct record_writer<query_item> {
    static constexpr bool at(record_end end) { return end == record_end::receiver; }
    static bool wants(const std::string&) { return true; }
    record_writer(rtl_record& r, record_block& b, record_end, const std::string&)
        : words(r.shape().words),
          query(r.port(b, "query", true,
                       {{"slot", 1},
                        {"block", record_width::block},
                        {"offset", record_width::offset},
                        {"q", 8, true, 64 * words}})) {}
    void item(const query_item& item) {
        const block_info& block = *item.block;
        query.begin(item.visible);
        query.put(block.slot);
        query.put(block.id);
        query.put_signed(numeric::guard_offset(block.alpha, block.radius, block.rows[item.row].logit_scale));
        for (unsigned e = 0; e < 64 * words; ++e)
            query.put_signed(e < block.head_dim ? item.q[e] : 0);
        query.end();
    }
    void credit(cycle_t) {}

    unsigned words;
    record_port& query;
};

template <>
struct record_writer<threshold_item> {
    static constexpr bool at(record_end end) { return end == record_end::sender; }
    static bool wants(const std::string&) { return true; }
    record_writer(rtl_record& r, record_block& b, record_end, const std::string&)
        : threshold{&port_of(r, b, "threshold_0"), &port_of(r, b, "threshold_1")} {}
    void item(const threshold_item& item) {
        record_port& port = *threshold[item.slot];
        port.begin(item.visible);
        port.put(item.block);
        port.put_signed(item.value);
        port.end();
    }
    void credit(cycle_t) {}

    static record_port& port_of(rtl_record& r, record_block& b, const char* name) {
        return r.port(b, name, false, {{"block", record_width::block}, {"value", record_width::threshold, true}});
    }
    record_port* threshold[2];
};

}  // namespace pade
