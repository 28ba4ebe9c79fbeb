#include "testbench/app/effective_params.h"

#include <catch2/catch.hpp>

#include "model/errors.h"

using namespace pade;
using Catch::Matchers::Contains;

TEST_CASE("a parameter set twice on one command line is refused, one of a preset is overridden") {
    CHECK(load_effective_params({"paper"}, {"lane.count=4"}).lane.count == 4);
    CHECK_THROWS_WITH(
        load_effective_params({}, {"lane.count=4", "rows.count=2", "lane.count=8"}),
        Contains("--set: lane.count is given twice, \"lane.count=4\" and \"lane.count=8\"; allowed: once"));
    CHECK_THROWS_AS(load_dram_params({}, {"dram.t_cl=14", "dram.t_cl=14"}), input_error);
}
