// The storage of the KV buffer alone: table, pins, replacement, bytes. No clock.
#include "model/buffer/line_store.h"

#include <catch2/catch.hpp>
#include <deque>
#include <random>
#include <unordered_map>

using namespace pade;

namespace {

/// 16 lines in each of 64 banks.
buffer_params small(replacement_kind kind) {
    buffer_params p;
    p.kv_bytes = 32768;
    p.banks = 64;
    p.replacement = kind;
    return p;
}

/// Fetches an atom into bank 0, reads all of it, releases it.
void use(line_store& store, std::uint64_t atom) {
    static const unsigned char data[32] = {};
    line_id line = store.find(atom);
    if (line != no_line) {
        store.pin(line, ~0u);
    } else {
        line = store.reserve(atom, 0, 0, 0, ~0u);
        store.fill(line, data);
    }
    store.read(line, 0, 32);
    store.unpin(line);
}

std::uint64_t hits_on_repeated_stream(replacement_kind kind) {
    kv_buffer_counters counters;
    line_store store(small(kind), counters);
    for (int pass = 0; pass < 3; ++pass)
        for (std::uint64_t atom = 0; atom < 20; ++atom)  // the bank holds 16
            use(store, atom);
    return counters.all().hits;
}

}  // namespace

TEST_CASE("the line table agrees with a map under random inserts and erases") {
    const unsigned seed = 7;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    line_table table(64);
    std::unordered_map<std::uint64_t, line_id> expected;
    std::vector<std::uint64_t> atoms(20000);  // by line
    const auto atom_of = [&](line_id line) { return atoms[line]; };
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t atom = random() % 300;
        const auto at = expected.find(atom);
        REQUIRE(table.find(atom, atom_of) == (at == expected.end() ? no_line : at->second));
        if (at != expected.end()) {
            table.erase(atom, at->second, atom_of);
            expected.erase(at);
        } else if (expected.size() < 64) {
            atoms[static_cast<std::size_t>(i)] = atom;
            table.insert(atom, static_cast<line_id>(i));
            expected[atom] = static_cast<line_id>(i);
        }
    }
    for (std::uint64_t atom = 0; atom < 300; ++atom)
        REQUIRE(table.find(atom, atom_of) == (expected.count(atom) != 0 ? expected[atom] : no_line));
    table.clear();
    for (std::uint64_t atom = 0; atom < 300; ++atom)
        REQUIRE(table.find(atom, atom_of) == no_line);
}

TEST_CASE("lru gets no hits on a stream longer than the bank, mru keeps its beginning") {
    CHECK(hits_on_repeated_stream(replacement_kind::lru) == 0);
    // Passes 2 and 3: of 20 atoms, 16 lines, the newest is given up each time. At least the first 12 stay.
    CHECK(hits_on_repeated_stream(replacement_kind::mru) >= 24);
}

TEST_CASE("lru evicts the line whose last use is longest ago, mru the most recent") {
    for (const auto kind : {replacement_kind::lru, replacement_kind::mru}) {
        kv_buffer_counters counters;
        line_store store(small(kind), counters);
        for (std::uint64_t atom = 0; atom < 16; ++atom)
            use(store, atom);
        use(store, 0);  // 1 is now the oldest, 0 the newest
        use(store, 99);
        CHECK((store.find(1) == no_line) == (kind == replacement_kind::lru));
        CHECK((store.find(0) == no_line) == (kind == replacement_kind::mru));
        CHECK(counters.all().evictions == 1);
    }
}

TEST_CASE("a line used again goes to the end of the order, and the others keep theirs") {
    kv_buffer_counters counters;
    line_store store(small(replacement_kind::lru), counters);
    for (std::uint64_t atom = 0; atom < 16; ++atom)
        use(store, atom);
    use(store, 7);  // from the middle
    for (std::uint64_t atom = 0; atom < 16; ++atom) {
        if (atom == 7)
            continue;
        INFO("atom " << atom);
        REQUIRE(store.find(atom) != no_line);
        use(store, 100 + atom);
        REQUIRE(store.find(atom) == no_line);
        REQUIRE(store.find(7) != no_line);
    }
    use(store, 200);
    CHECK(store.find(7) == no_line);
}

TEST_CASE("a pinned line is never a victim, and a set of lines is reserved whole or not at all") {
    kv_buffer_counters counters;
    line_store store(small(replacement_kind::lru), counters);
    for (std::uint64_t atom = 0; atom < 16; ++atom)
        store.reserve(atom, 0, 0, 0, ~0u);
    line_store::request one{100, no_line, 0};
    CHECK_FALSE(store.can_reserve(&one, 1));
    const unsigned char data[32] = {};
    store.fill(store.find(3), data);
    CHECK_FALSE(store.can_reserve(&one, 1));  // there, but pinned
    CHECK(store.unpin(store.find(5)));
    CHECK_FALSE(store.can_reserve(&one, 1));  // not pinned, but in flight
    CHECK(store.unpin(store.find(3)));
    CHECK(store.can_reserve(&one, 1));
    line_store::request two[2] = {{100, no_line, 0}, {101, no_line, 0}};
    CHECK_FALSE(store.can_reserve(two, 2));
    line_store::request apart[2] = {{100, no_line, 0}, {101, no_line, 1}};
    CHECK(store.can_reserve(apart, 2));
    // A line that the same set hits is no victim for its other atoms.
    line_store::request hit_and_miss[2] = {{3, store.find(3), 0}, {101, no_line, 0}};
    CHECK_FALSE(store.can_reserve(hit_and_miss, 2));
    // A line that is pinned already takes no room.
    store.fill(store.find(4), data);
    line_store::request pinned_and_miss[2] = {{4, store.find(4), 0}, {101, no_line, 0}};
    CHECK(store.can_reserve(pinned_and_miss, 2));
    CHECK(store.reserve(100, 0, 0, 0, ~0u) != no_line);
    CHECK(store.find(3) == no_line);
    CHECK_FALSE(store.unpin(store.find(5)));  // it has no pin left
}

TEST_CASE("every byte read is used, unused or padding, by tensor and KV head") {
    kv_buffer_counters counters;
    line_store store(small(replacement_kind::lru), counters);
    unsigned char data[32];
    for (unsigned i = 0; i < 32; ++i)
        data[i] = static_cast<unsigned char>(i);
    const line_id k = store.reserve(1, 0, 0, 2, 0x0000ffff);  // 16 B data, 16 B padding
    const line_id v = store.reserve(2, 1, 1, 0, ~0u);
    store.fill(k, data);
    store.fill(v, data);
    CHECK(store.read(k, 4, 8)[0] == 4);
    store.read(k, 8, 8);  // bytes 8-11 a second time
    store.read(v, 16, 16);
    store.unpin(k);
    store.unpin(v);
    store.flush();
    CHECK(store.find(1) == no_line);
    const atom_counters of_k = counters.per_head.at(2)[0];
    CHECK(of_k.bytes_read == 32);
    CHECK(of_k.bytes_used == 12);
    CHECK(of_k.bytes_unused == 4);
    CHECK(of_k.bytes_padding == 16);
    const atom_counters of_v = counters.per_head.at(0)[1];
    CHECK(of_v.bytes_used == 16);
    CHECK(of_v.bytes_unused == 16);
    CHECK(of_v.bytes_padding == 0);
    CHECK(counters.all().evictions == 0);
    store.account_all();  // nothing is left to account for
    CHECK(counters.all().bytes_used == 28);
}
