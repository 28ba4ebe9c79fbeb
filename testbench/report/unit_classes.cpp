#include "testbench/report/unit_classes.h"

#include <algorithm>

namespace pade {

const std::vector<unit_classes>& all_unit_classes() {
    static const std::vector<std::pair<char, const char*>> vpu = {
        {'#', "busy"}, {'>', "stall_downstream"}, {'=', "wait_v"}, {'<', "wait_input"}, {'.', "idle"}};
    static const std::vector<std::pair<char, const char*>> feed = {
        {'#', "full"}, {'+', "partly"}, {'x', "conflict"}, {'>', "stall_reader"}, {'=', "stall_data"}, {'.', "idle"}};
    static const std::vector<unit_classes> all = {
        {"lanes",
         "lanes.",
         {{'#', "busy"}, {'>', "stall_downstream"}, {'<', "stall_scoreboard"}, {'=', "stall_data"}, {'.', "idle"}}},
        {"guard", "classes.guard.", {{'#', "busy"}, {'.', "idle"}}},
        {"dispatcher",
         "classes.dispatcher.",
         {{'#', "delivering"},
          {'>', "no_room"},
          {'x', "port_busy"},
          {'=', "no_data"},
          {'<', "no_request"},
          {'.', "empty"}}},
        {"K feed", "classes.k_feed.", feed},
        {"V ports", "classes.v_ports.", feed},
        {"Q buffer", "classes.q_buffer.", {{'#', "loading"}, {'=', "stall_data"}, {'+', "fetching"}, {'.', "idle"}}},
        {"score queue", "classes.score_queue.", vpu},
        {"softmax", "classes.softmax.", vpu},
        {"RARS", "classes.rars.", vpu},
        {"V-PU", "classes.vpu.", vpu},
        {"write-back", "classes.write_back.", vpu},
        {"DRAM", "classes.dram.", {{'#', "data"}, {'x', "refresh"}, {'=', "waiting"}, {'.', "idle"}}},
    };
    return all;
}

std::string class_words(const char* name) {
    std::string text = name;
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

}  // namespace pade
