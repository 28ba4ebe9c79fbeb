#include "model/accelerator/links.h"

namespace pade {

std::map<std::string, link_totals> link_set::totals() const {
    std::map<std::string, link_totals> all;
    for (const auto& [name, monitors] : counted_) {
        link_totals& sum = all[name];
        for (const auto& read : monitors) {
            const link_totals one = read();
            sum.transactions += one.transactions;
            sum.bytes += one.bytes;
        }
    }
    return all;
}

void link_set::finish() {
    for (const auto& end : at_end_)
        end();
}

std::uint64_t link_set::violation_count() const {
    std::uint64_t sum = 0;
    for (const auto& read : checkers_)
        sum += read(nullptr);
    return sum;
}

std::vector<std::string> link_set::violations() const {
    std::vector<std::string> lines;
    for (const auto& read : checkers_)
        read(&lines);
    return lines;
}

}  // namespace pade
