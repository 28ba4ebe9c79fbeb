// For the tests of this folder: folders that look like finished runs.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "model/params_json.h"

namespace pade::test {

struct scratch {
    std::filesystem::path dir;
    explicit scratch(const std::string& name)
        : dir(std::filesystem::temp_directory_path() / ("pade_" + name + "_" + std::to_string(::getpid()))) {
        std::filesystem::create_directories(dir);
    }
    ~scratch() { std::filesystem::remove_all(dir); }
};

inline std::string text_of(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// What a run of 1000 pairs came to; the figures that a test is about are changed.
struct fake_run {
    double cycles = 1000, planes = 3000, retained = 50, energy = 1000;
    std::map<std::string, double> bounds = {
        {"lanes", 500}, {"k_feed", 400}, {"dram", 100}, {"vpu", 300}, {"v_port", 200}};
    std::string balance = "true";
    bool synthetic = false;
    params config;

    void write(const std::filesystem::path& out) const {
        std::filesystem::create_directories(out);
        std::ofstream stats(out / "stats.json");
        stats << "{\"job\": {\"name\": \"fake\", \"phase\": \"prefill\", \"heads\": 1, \"queries\": 10, \"keys\": 110, "
                 "\"head_dim\": 64"
              << (synthetic ? ", \"synthetic\": true" : "")
              << "},\n\"pairs\": {\"total\": 1100, \"masked\": 100, \"retained\": " << retained
              << "},\n\"planes\": {\"processed\": " << planes
              << ", \"fetched_per_key_mean\": 4, \"dram_per_key_mean\": 5},\n\"time\": {\"cycles\": " << cycles
              << "},\n\"dram\": {\"bytes_read\": 6000, \"bytes_written\": 400, \"bandwidth_utilisation\": 0.25},\n"
                 "\"lanes\": {\"utilisation\": 0.5}, \"vpu\": {\"utilisation\": 0.125},\n\"guard\": "
                 "{\"lost_mass_mean\": null},\n\"sim\": {\"wall_s\": "
              << cycles << "},\n\"energy_pj\": {\"total\": " << 30 * energy << ", \"qkpu\": " << 8 * energy
              << ", \"dram\": " << 20 * energy << "}, \"energy_core_pj\": " << 10 * energy
              << ",\n\"checks\": {\"soundness\": true, \"output\": null, \"balance\": " << balance
              << "},\n\"bounds\": {";
        const char* comma = "";
        for (const auto& [name, value] : bounds) {
            stats << comma << "\"" << name << "\": " << value;
            comma = ", ";
        }
        stats << "}}\n";
        std::ofstream(out / "config.json") << params_to_json(config);
        std::ofstream(out / "output.npy") << "output of " << planes << " planes";
        std::ofstream(out / "retained.npy") << retained << " pairs";
    }
};

}  // namespace pade::test
