#include "testbench/run/gtkw.h"

#include <catch2/catch.hpp>

using namespace pade;

TEST_CASE("a save file shows what is there of the first lane, its row and column, and the first channel") {
    const std::string text = gtkwave_save_file({{"pade.row_2.bui_entries", 9},
                                                {"pade.pe_lane_2_11.class", 3},
                                                {"pade.pe_lane_2_11.gsat.valid", 1},
                                                {"pade.pe_lane_2_12.gsat.valid", 1},
                                                {"pade.dispatcher.column_11.pick_token", 20},
                                                {"pade.dispatcher.column_1.pick_token", 20},
                                                {"pade.hbm2.pseudo_channel_5.row_command", 3}});
    CHECK(text ==
          "[timestart] 0\n[signals_width] 320\n[sst_expanded] 1\n"
          "@200\n-row 2: query and T\n@28\npade.row_2.bui_entries[8:0]\n"
          "@200\n-column 11: what is asked for and picked\n@24\npade.dispatcher.column_11.pick_token[19:0]\n"
          "@200\n-lane 2_11\n@24\npade.pe_lane_2_11.class[2:0]\n@28\npade.pe_lane_2_11.gsat.valid\n"
          "@200\n-DRAM pseudo channel 5\n@24\npade.hbm2.pseudo_channel_5.row_command[2:0]\n");
}

TEST_CASE("a waveform without any of them has an empty list") {
    CHECK(gtkwave_save_file({{"pade.other", 1}}) == "[timestart] 0\n[signals_width] 320\n[sst_expanded] 1\n");
}
