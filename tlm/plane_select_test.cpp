// plane_select: the extension that asks for a bit plane stays with a pooled payload and is set anew for each use.
#include "tlm/plane_select.h"

#include <catch2/catch.hpp>

#include "tlm/payload_pool.h"

using namespace pade;

TEST_CASE("a payload keeps its extension on its way through the pool, and each use starts unanswered") {
    payload_pool pool;
    auto& first = pool.acquire(tlm::TLM_READ_COMMAND, 64, 4);
    CHECK(first.get_extension<plane_select>() == nullptr);
    plane_select::ask(first, 6);
    plane_select* select = first.get_extension<plane_select>();
    REQUIRE(select != nullptr);
    CHECK(select->bit == 6);
    select->selected = true;
    first.release();
    auto& again = pool.acquire(tlm::TLM_READ_COMMAND, 96, 4);
    REQUIRE(&again == &first);
    plane_select::ask(again, 1);
    CHECK(again.get_extension<plane_select>() == select);
    CHECK(select->bit == 1);
    CHECK_FALSE(select->selected);
    again.release();
    CHECK(pool.in_use() == 0);
}

TEST_CASE("a deep copy of a transaction carries it") {
    payload_pool pool;
    auto& payload = pool.acquire(tlm::TLM_READ_COMMAND, 64, 4);
    plane_select::ask(payload, 3);
    payload.get_extension<plane_select>()->selected = true;
    auto& copy = pool.acquire(tlm::TLM_READ_COMMAND, 0, 4);
    copy.deep_copy_from(payload);
    REQUIRE(copy.get_extension<plane_select>() != nullptr);
    CHECK(copy.get_extension<plane_select>() != payload.get_extension<plane_select>());
    CHECK(copy.get_extension<plane_select>()->bit == 3);
    CHECK(copy.get_extension<plane_select>()->selected);
    plane_select other;
    other.copy_from(*payload.get_extension<plane_select>());
    CHECK(other.bit == 3);
    copy.release();
    payload.release();
}
