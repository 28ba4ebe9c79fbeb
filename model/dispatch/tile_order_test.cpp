#include <algorithm>
#include <catch2/catch.hpp>

#include "model/dispatch/tile_order.h"
#include "model/errors.h"

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

namespace {

struct backwards : tile_order {
    numbers operator()(std::uint32_t tiles) const override {
        numbers order = sequential_order()(tiles);
        std::reverse(order.begin(), order.end());
        return order;
    }
};

}  // namespace

TEST_CASE("custom is the order that was registered, and refused without one") {
    CHECK_THROWS_AS(make_tile_order(ista_order::custom), input_error);
    CHECK(register_tile_order([] { return std::make_unique<backwards>(); }));
    CHECK((*make_tile_order(ista_order::custom))(3) == numbers{2, 1, 0});
}
