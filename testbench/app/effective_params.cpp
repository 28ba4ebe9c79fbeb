#include "testbench/app/effective_params.h"

#include "model/params_json.h"
#include "model/presets.h"
#include "tlm/dram/address_map.h"

namespace pade {

namespace {

params load(const std::vector<std::string>& configs, const std::vector<std::string>& sets) {
    params p;
    for (const std::string& argument : configs)
        load_config(p, argument);
    for (const std::string& assignment : sets)
        set_param(p, assignment);
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
