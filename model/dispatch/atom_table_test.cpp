#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "model/dispatch/atom_table.h"
#include "model/errors.h"

using namespace pade;

namespace {

using state = atom_table::state;

key_ref user(unsigned column, unsigned tag, unsigned plane = 0) {
    return {static_cast<std::uint16_t>(column), static_cast<std::uint16_t>(tag), static_cast<std::uint8_t>(plane)};
}

}  // namespace

TEST_CASE("requests for an atom in flight merge, it is forgotten when the last user lets go") {
    atom_table table;
    table.reset(2, 10);
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    CHECK(table.pin(1, 3, user(0, 0), a) == state::absent);
    CHECK(table.pin(1, 3, user(2, 0), b) == state::in_flight);
    CHECK(a == b);
    CHECK(table.at(a).kv == 1);
    CHECK(table.at(a).atom == 3);
    // The same atom number of another KV head is another atom.
    CHECK(table.pin(0, 3, user(0, 1), b) == state::absent);
    CHECK(a != b);
    CHECK(table.records_in_use() == 2);

    CHECK_FALSE(table.arrived(a));
    std::set<unsigned> columns;
    table.for_each_user(a, [&](const key_ref& u) { columns.insert(u.column); });
    CHECK(columns == std::set<unsigned>{0, 2});
    CHECK(table.pin(1, 3, user(3, 0), b) == state::present);
    CHECK_FALSE(table.unpin(1, 3, user(0, 0)));
    CHECK_FALSE(table.unpin(1, 3, user(3, 0)));
    CHECK(table.unpin(1, 3, user(2, 0)));
    CHECK(table.records_in_use() == 1);
    CHECK(table.pin(1, 3, user(0, 0), a) == state::absent);
}

TEST_CASE("an atom that nobody wants any more when it comes is released then") {
    atom_table table;
    table.reset(1, 4);
    std::uint32_t a = 0;
    table.pin(0, 0, user(0, 0), a);
    CHECK_FALSE(table.unpin(0, 0, user(0, 0)));  // in flight: not yet
    CHECK(table.records_in_use() == 1);
    // Somebody comes back to it in time.
    CHECK(table.pin(0, 0, user(1, 0), a) == state::in_flight);
    CHECK_FALSE(table.unpin(0, 0, user(1, 0)));
    CHECK(table.arrived(a));
    CHECK(table.records_in_use() == 0);
}

TEST_CASE("each plane of a key pins the atom for itself") {
    atom_table table;
    table.reset(1, 4);
    std::uint32_t a = 0;
    std::uint32_t b = 0;
    CHECK(table.pin(0, 2, user(5, 7, 0), a) == state::absent);
    CHECK(table.pin(0, 2, user(5, 7, 1), b) == state::in_flight);
    CHECK_FALSE(table.arrived(a));
    CHECK(table.pin(0, 2, user(5, 7, 2), b) == state::present);
    CHECK(a == b);
    CHECK_FALSE(table.unpin(0, 2, user(5, 7, 1)));
    CHECK_THROWS_AS(table.unpin(0, 2, user(5, 7, 1)), internal_error);
    std::set<unsigned> planes;
    table.for_each_user(a, [&](const key_ref& u) { planes.insert(u.plane); });
    CHECK(planes == std::set<unsigned>{0, 2});
    CHECK_FALSE(table.unpin(0, 2, user(5, 7, 0)));
    CHECK(table.unpin(0, 2, user(5, 7, 2)));
    CHECK(table.records_in_use() == 0);
}

TEST_CASE("what cannot be is an internal error") {
    atom_table table;
    table.reset(1, 4);
    std::uint32_t a = 0;
    CHECK_THROWS_AS(table.unpin(0, 0, user(0, 0)), internal_error);
    table.pin(0, 0, user(0, 0, 1), a);
    CHECK_THROWS_AS(table.unpin(0, 0, user(0, 0, 2)), internal_error);
    CHECK_THROWS_AS(table.reset(1, 4), internal_error);
    table.arrived(a);
    CHECK_THROWS_AS(table.arrived(a), internal_error);
}

TEST_CASE("fetches and releases balance, whatever happens in whatever order") {
    const std::uint32_t seed = 7;
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto draw = [&](unsigned high) { return std::uniform_int_distribution<unsigned>(0, high)(random); };
    atom_table table;
    table.reset(2, 5);
    std::map<unsigned, std::multiset<unsigned>> users;  // atom (of both heads) -> tags
    std::map<unsigned, std::uint32_t> flying;
    std::set<unsigned> held;
    for (unsigned i = 0; i < 5000; ++i) {
        const unsigned atom = draw(9);
        const unsigned kind = draw(2);
        if (kind == 0) {
            std::uint32_t handle = 0;
            const state s = table.pin(atom / 5, atom % 5, user(0, i), handle);
            CHECK(s == (held.count(atom) == 0     ? state::absent
                        : flying.count(atom) != 0 ? state::in_flight
                                                  : state::present));
            if (s == state::absent) {
                held.insert(atom);
                flying[atom] = handle;
            }
            users[atom].insert(i);
        } else if (kind == 1 && !users[atom].empty()) {
            const unsigned tag = *users[atom].begin();
            users[atom].erase(users[atom].begin());
            const bool release = table.unpin(atom / 5, atom % 5, user(0, tag));
            CHECK(release == (users[atom].empty() && flying.count(atom) == 0));
            if (release)
                held.erase(atom);
        } else if (kind == 2 && flying.count(atom) != 0) {
            const bool release = table.arrived(flying[atom]);
            flying.erase(atom);
            CHECK(release == users[atom].empty());
            if (release)
                held.erase(atom);
        }
        CHECK(table.records_in_use() == held.size());
    }
}
