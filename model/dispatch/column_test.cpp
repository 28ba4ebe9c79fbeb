#include <catch2/catch.hpp>

#include "model/dispatch/column.h"
#include "model/errors.h"

using namespace pade;

namespace {

using state = column::state;

live_key key_of(std::uint32_t key, row_mask rows) {
    live_key k;
    k.key = key;
    k.alive = rows;
    return k;
}

dispatch_params with(dispatch_order order, dispatch_pick pick = dispatch_pick::oldest_key, unsigned window = 32) {
    dispatch_params p;
    p.order = order;
    p.pick = pick;
    p.pick_window = window;
    return p;
}

/// What is picked, as "key.plane/rows", or the reason why nothing is.
std::string picked(column& c) {
    column::delivery d;
    switch (c.pick(d)) {
        case state::ready:
            return std::to_string(c.key(d.tag).key) + "." + std::to_string(d.plane) + "/" + std::to_string(d.rows);
        case state::no_room:
            return "no room";
        case state::no_data:
            return "no data";
        case state::no_request:
            return "no request";
        case state::empty:
            return "empty";
        default:
            return "?";
    }
}

}  // namespace

TEST_CASE("a key takes an entry of each row that sees it until the row has done with it") {
    column c(with(dispatch_order::out_of_order), 3, 2, 4);
    CHECK(c.has_entries(7));
    const auto a = c.admit(key_of(0, 3));
    c.admit(key_of(16, 1));
    CHECK_FALSE(c.has_entries(1));
    CHECK_FALSE(c.has_entries(5));
    CHECK(c.has_entries(6));
    CHECK(c.live() == 2);
    c.end_row(a, 0);
    CHECK(c.has_entries(7));
    CHECK_THROWS_AS(c.remove(a), internal_error);  // row 1 still has it
    c.end_row(a, 1);
    c.key(a).pinned = 1;
    CHECK_THROWS_AS(c.remove(a), internal_error);  // it still pins an atom
    c.key(a).pinned = 0;
    c.remove(a);
    CHECK(c.live() == 1);
    CHECK(c.admit(key_of(32, 4)) == a);  // its number is used again
    CHECK(c.key(a).key == 32);
    CHECK(c.key(a).age == 2);
}

TEST_CASE("why nothing is delivered") {
    column c(with(dispatch_order::out_of_order), 1, 4, 1);
    CHECK(picked(c) == "empty");
    const auto a = c.admit(key_of(5, 1));
    CHECK(picked(c) == "no data");
    c.arrived(a, 0);
    CHECK(picked(c) == "5.0/1");
    CHECK(picked(c) == "no request");
    c.arrived(a, 1);
    CHECK(picked(c) == "no request");
    c.ask(a, 1, 1);
    CHECK(picked(c) == "no room");  // plane 0 still lies in the FIFO
    c.fifo_place(0);
    CHECK(picked(c) == "5.1/1");
}

TEST_CASE("one delivery serves all rows that ask by then, a later one asks anew") {
    column c(with(dispatch_order::out_of_order), 3, 4, 4);
    const auto a = c.admit(key_of(5, 7));
    c.arrived(a, 0);
    CHECK(picked(c) == "5.0/7");
    c.ask(a, 1, 1);
    c.ask(a, 1, 4);
    c.arrived(a, 1);
    CHECK(picked(c) == "5.1/5");
    c.ask(a, 1, 2);
    CHECK(picked(c) == "5.1/2");
}

TEST_CASE("a plane goes when all its asking rows have room") {
    column c(with(dispatch_order::out_of_order), 2, 4, 1);
    const auto a = c.admit(key_of(5, 2));
    const auto b = c.admit(key_of(9, 3));
    const auto d = c.admit(key_of(13, 1));
    c.arrived(a, 0);
    CHECK(picked(c) == "5.0/2");
    c.arrived(b, 0);
    c.arrived(d, 0);
    CHECK(picked(c) == "13.0/1");  // row 1 has no place for key 9
    CHECK(picked(c) == "no room");
    c.fifo_place(0);
    CHECK(picked(c) == "no room");
    c.fifo_place(1);
    CHECK(picked(c) == "9.0/3");
}

TEST_CASE("oldest_key: the key admitted first, of one key the lower plane") {
    column c(with(dispatch_order::out_of_order), 2, 4, 8);
    const auto a = c.admit(key_of(1, 3));
    const auto b = c.admit(key_of(2, 3));
    c.arrived(a, 0);
    CHECK(picked(c) == "1.0/3");
    c.arrived(a, 2);
    c.arrived(b, 0);
    c.arrived(a, 1);
    c.ask(a, 1, 2);
    c.ask(a, 2, 1);
    CHECK(picked(c) == "1.1/2");
    CHECK(picked(c) == "1.2/1");
    CHECK(picked(c) == "2.0/3");
}

TEST_CASE("oldest_arrival: what could be delivered first") {
    column c(with(dispatch_order::out_of_order, dispatch_pick::oldest_arrival), 1, 4, 8);
    const auto a = c.admit(key_of(1, 1));
    const auto b = c.admit(key_of(2, 1));
    c.arrived(b, 0);
    c.arrived(a, 0);
    CHECK(picked(c) == "2.0/1");
    CHECK(picked(c) == "1.0/1");
}

TEST_CASE("pick_window bounds the choice") {
    for (const unsigned window : {1u, 2u, 3u}) {
        INFO("window " << window);
        column c(with(dispatch_order::out_of_order, dispatch_pick::oldest_key, window), 1, 4, 8);
        const auto a = c.admit(key_of(1, 1));
        const auto b = c.admit(key_of(2, 1));
        const auto d = c.admit(key_of(3, 1));
        c.arrived(d, 0);
        c.arrived(b, 0);
        c.arrived(a, 0);
        CHECK(picked(c) == std::to_string(4 - window) + ".0/1");
    }
}

TEST_CASE("in order: the first request waits for its data, and all behind it") {
    column c(with(dispatch_order::in_order), 1, 4, 8);
    CHECK(picked(c) == "empty");
    const auto a = c.admit(key_of(1, 1));
    const auto b = c.admit(key_of(2, 1));
    c.arrived(b, 0);
    CHECK(picked(c) == "no data");
    c.arrived(a, 0);
    CHECK(picked(c) == "1.0/1");
    CHECK(picked(c) == "2.0/1");
    CHECK(picked(c) == "no request");
}

TEST_CASE("in order: a row without room holds up those behind") {
    column c(with(dispatch_order::in_order), 2, 4, 1);
    const auto a = c.admit(key_of(1, 1));
    const auto b = c.admit(key_of(2, 3));
    const auto d = c.admit(key_of(3, 2));
    for (const auto tag : {a, b, d})
        c.arrived(tag, 0);
    CHECK(picked(c) == "1.0/1");
    CHECK(picked(c) == "no room");
    c.fifo_place(0);
    CHECK(picked(c) == "2.0/3");
}

TEST_CASE("16 rows") {
    column c(with(dispatch_order::out_of_order), 16, 1, 1);
    CHECK(c.has_entries(0xffff));
    const auto a = c.admit(key_of(1, 0xffff));
    CHECK_FALSE(c.has_entries(0x8000));
    c.arrived(a, 0);
    CHECK(picked(c) == "1.0/65535");
    c.end_row(a, 15);
    CHECK(c.has_entries(0x8000));
    CHECK_FALSE(c.has_entries(0xc000));
}
