// The units of the machine and the classes that each of their cycles is in exactly one of (docs/statistics.md).
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pade {

/// Work is '#', part of it '+', waiting for what comes after '>', for what comes before '<', for data '=', losing to a
/// neighbour 'x', idle '.'.
struct unit_classes {
    const char* title;
    const char* path;  ///< of its classes in stats.json, before the class's name
    std::vector<std::pair<char, const char*>> classes;
};

/// In the order of the data's way through the machine.
const std::vector<unit_classes>& all_unit_classes();

/// "stall_data" -> "stall data".
std::string class_words(const char* name);

}  // namespace pade
