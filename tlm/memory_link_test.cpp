// The book-keeping of a base-protocol socket: when a phase may begin, when a held transaction comes in, and how old it
// is.
#include "tlm/memory_link.h"

#include <catch2/catch.hpp>

using namespace pade;

TEST_CASE("a phase may begin at the edge after the one at which the last one ended") {
    link_exclusion link;
    tlm::tlm_generic_payload a;
    CHECK(link.free(0));
    link.begin(a);
    CHECK(link.open() == &a);
    CHECK_FALSE(link.free(5));
    link.end(5);
    CHECK(link.open() == nullptr);
    CHECK_FALSE(link.free(5));
    CHECK(link.free(6));
}

TEST_CASE("what finds no place is held back, comes in at the edge after one is freed, and keeps its age") {
    link_queue queue(1);
    tlm::tlm_generic_payload a, b, c;
    REQUIRE(queue.put(a, 10));
    CHECK_FALSE(queue.ready(10));
    CHECK(queue.ready(11));
    REQUIRE_FALSE(queue.put(b, 12));
    CHECK(queue.holds_back());
    CHECK_THROWS_AS(queue.put(c, 13), internal_error);
    CHECK(queue.admit(14) == nullptr);
    queue.pop(15);
    CHECK(queue.admit(15) == nullptr);  // the place counts from the next edge on
    CHECK(queue.admit(16) == &b);
    CHECK_FALSE(queue.holds_back());
    CHECK(queue.ready(16));
    CHECK(queue.visible_at() == 13);  // as if it had found a place at 12: the oldest goes first
    CHECK(&queue.front() == &b);
}

TEST_CASE("what comes at the edge at which a place is freed is held back too") {
    link_queue queue(2);
    tlm::tlm_generic_payload a, b, c;
    REQUIRE(queue.put(a, 10));
    REQUIRE(queue.put(b, 10));
    queue.pop(20);
    CHECK_FALSE(queue.put(c, 20));
    CHECK(queue.admit(20) == nullptr);
    CHECK(queue.admit(21) == &c);
}
