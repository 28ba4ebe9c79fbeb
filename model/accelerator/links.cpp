#include "model/accelerator/links.h"

#include <algorithm>

#include "model/errors.h"

namespace pade {

const link_fault* link_set::fault_on(const std::string& name, bool (*can)(link_fault::kind)) {
    const unsigned index = bound_[name]++;
    const link_fault* found = nullptr;
    for (const link_fault& fault : options_.faults) {
        if (fault.link != name || fault.index != index)
            continue;
        if (!can(fault.what))
            throw input_error("--inject: link " + name +
                              " cannot have such a fault; allowed: silent and lost_response on memory links, "
                              "lost_credit and never_ready on streams, held_entry on verdicts");
        if (found != nullptr)
            throw input_error("--inject: link " + name + " " + std::to_string(index) +
                              " has two faults; allowed: one a link");
        found = &fault;
        placed_.push_back(found);
    }
    return found;
}

void link_set::bound() const {
    for (const link_fault& fault : options_.faults) {
        if (std::find(placed_.begin(), placed_.end(), &fault) != placed_.end())
            continue;
        const auto links = bound_.find(fault.link);
        if (links != bound_.end())
            throw input_error("--inject: link " + fault.link + " " + std::to_string(fault.index) +
                              " is not there; allowed: 0 to " + std::to_string(links->second - 1));
        std::string names;
        for (const auto& [name, number] : bound_)
            names += (names.empty() ? "" : ", ") + name;
        throw input_error("--inject: there is no link '" + fault.link + "'; allowed: " + names);
    }
}

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
    for (memory_stall* stall : stalls_)
        stall->let_go();
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
