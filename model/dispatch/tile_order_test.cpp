#include <algorithm>
#include <catch2/catch.hpp>

#include "model/dispatch/tile_order.h"

using namespace pade;

using numbers = std::vector<std::uint32_t>;

TEST_CASE("sequential order") {
    const auto order = make_tile_order(ista_order::sequential);
    CHECK((*order)(0).empty());
    CHECK((*order)(1) == numbers{0});
    CHECK((*order)(5) == numbers{0, 1, 2, 3, 4});
}

TEST_CASE("head-tail order") {
    const auto order = make_tile_order(ista_order::head_tail);
    CHECK((*order)(0).empty());
    CHECK((*order)(1) == numbers{0});
    CHECK((*order)(2) == numbers{0, 1});
    CHECK((*order)(5) == numbers{0, 4, 1, 3, 2});
    CHECK((*order)(6) == numbers{0, 5, 1, 4, 2, 3});
}

TEST_CASE("every order names each tile once") {
    for (const ista_order kind : {ista_order::sequential, ista_order::head_tail})
        for (std::uint32_t tiles = 0; tiles < 40; ++tiles) {
            INFO(choice_name(kind) << ", " << tiles << " tiles");
            numbers order = (*make_tile_order(kind))(tiles);
            std::sort(order.begin(), order.end());
            CHECK(order == sequential_order()(tiles));
        }
}
