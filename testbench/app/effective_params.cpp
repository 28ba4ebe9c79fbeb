#include "testbench/app/effective_params.h"

#include <map>

#include "model/errors.h"
#include "model/params_json.h"
#include "model/presets.h"
#include "tlm/dram/address_map.h"

namespace pade {

namespace {

params load(const std::vector<std::string>& configs, const std::vector<std::string>& sets) {
    params p;
    for (const std::string& argument : configs)
        load_config(p, argument);
    std::map<std::string, std::string> given;  // one of two would be without effect, and nobody would see which
    for (const std::string& assignment : sets) {
        const std::string key = assignment.substr(0, assignment.find('='));
        const auto [first, added] = given.insert({key, assignment});
        set_param(p, assignment);
        if (!added)
            throw input_error("--set: " + key + " is given twice, \"" + first->second + "\" and \"" + assignment +
                              "\"; allowed: once");
    }
    return p;
}

}  // namespace

params load_effective_params(const std::vector<std::string>& configs, const std::vector<std::string>& sets) {
    params p = load(configs, sets);
    check_params(p);
    (void)address_map(p.dram);  // dram.mapping must parse
    return p;
}

params load_dram_params(const std::vector<std::string>& configs, const std::vector<std::string>& sets) {
    params p = load(configs, sets);
    check_dram_params(p);
    (void)address_map(p.dram);
    return p;
}

}  // namespace pade
