#include "testbench/app/energy_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iostream>

#include "model/energy/energy_model.h"
#include "model/energy/full_load.h"
#include "model/errors.h"
#include "testbench/app/effective_params.h"

namespace pade {

namespace {

constexpr std::uint64_t load_cycles = 1'000'000;

/// One quantity at the three corners.
struct banded {
    double value = 0;
    double low = 0;
    double high = 0;
    banded& operator+=(const banded& other) {
        value += other.value;
        low += other.low;
        high += other.high;
        return *this;
    }
};

struct banded_line {
    std::string part;
    std::string name;
    banded amount;
    std::string_view text;
};

/// mm2 and mW at full load of the whole chip.
struct account_of_chip {
    std::vector<banded_line> area;
    std::vector<banded_line> power;
};

void put(std::vector<banded_line>& to, const std::vector<account_line>& from, double banded::*corner, double scale) {
    to.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
        to[i].part = from[i].part;
        to[i].name = from[i].name;
        to[i].text = from[i].text;
        to[i].amount.*corner = from[i].amount * scale;
    }
}

account_of_chip account(const params& p, const energy_table& table) {
    const stats load = full_load(p, load_cycles);
    const double ns = load.number("time.ns");
    account_of_chip all;
    for (const auto& [corner, member] : {std::pair{energy_corner::value, &banded::value},
                                         {energy_corner::low, &banded::low},
                                         {energy_corner::high, &banded::high}}) {
        const unit_costs cost(table, corner);
        const std::vector<account_line> area = area_lines(p, cost);
        double mm2 = 0;
        for (const account_line& line : area)
            mm2 += line.amount;
        put(all.area, area, member, 1);
        put(all.power, energy_lines(load, p, cost, mm2), member, 1 / ns);  // pJ a ns are mW
    }
    return all;
}

banded sum(const std::vector<banded_line>& lines, const std::function<bool(const banded_line&)>& wanted) {
    banded all;
    for (const banded_line& line : lines)
        if (wanted(line))
            all += line.amount;
    return all;
}

bool on_chip(const banded_line& line) {
    return line.part != "dram";
}

std::function<bool(const banded_line&)> named(std::vector<std::string> names) {
    return [names = std::move(names)](const banded_line& line) {
        return std::find(names.begin(), names.end(), line.name) != names.end();
    };
}

std::string table_of(const std::vector<banded_line>& lines, const char* unit, double whole) {
    std::string text =
        fmt::format("{:<10} {:<18} {:>9} {:>9} {:>9} {:>7}\n", "part", "line", unit, "low", "high", "share");
    for (const banded_line& line : lines)
        text += fmt::format("{:<10} {:<18} {:>9.3f} {:>9.3f} {:>9.3f} {:>6.1f}%  {}\n", line.part, line.name,
                            line.amount.value, line.amount.low, line.amount.high, 100 * line.amount.value / whole,
                            line.text);
    return text;
}

/// What the paper says of the whole chip and of four of its parts, beside what comes out here.
std::string beside_the_paper(const account_of_chip& all) {
    const banded area = sum(all.area, on_chip);
    const banded power = sum(all.power, on_chip);
    std::string text = fmt::format("{:<46} {:>9} {:>9} {:>9} {:>9}\n", "", "here", "low", "high", "paper");
    const auto line = [&text](const char* what, const banded& b, double scale, double paper, const char* unit) {
        text += fmt::format("{:<46} {:>9.2f} {:>9.2f} {:>9.2f} {:>9.2f} {}\n", what, b.value * scale, b.low * scale,
                            b.high * scale, paper, unit);
    };
    line("area", area, 1, 4.53, "mm2");
    line("power at full load, without DRAM", power, 1, 591, "mW");
    const double of_area = 100 / area.value;
    const double of_power = 100 / power.value;
    line("scoreboards, share of the area", sum(all.area, named({"lanes_scoreboard"})), of_area, 3.7, "%");
    line("scoreboards and decisions, share of the area", sum(all.area, named({"lanes_scoreboard", "lanes_decision"})),
         of_area, 5.8, "%");
    const auto guard = [](const banded_line& l) { return l.part == "guard"; };
    line("BUI generator and guard, share of the area", sum(all.area, guard), of_area, 4.9, "%");
    line("BUI generator and guard, share of the power", sum(all.power, guard), of_power, 12.1, "%");
    line("RARS, share of the power", sum(all.power, named({"rars"})), of_power, 1.3, "%");
    return text +
           "low and high: every entry of the table at that end of its band; of shares, over the value of the whole\n";
}

}  // namespace

void add_energy_options(CLI::App& app, energy_arguments& args) {
    app.add_option("--config", args.configs, "preset name or JSON file with parameters");
    app.add_option("--set", args.sets, "group.name=value");
    app.add_option("--energy-table", args.table, "JSON table of unit energies and areas (default: the built-in one)");
    app.add_flag("--json", args.json, "print the built-in table, to be changed and given to --energy-table");
}

int energy_command(const energy_arguments& args) {
    if (args.json) {
        std::cout << builtin_energy_table();
        return exit_code::ok;
    }
    const params p = load_effective_params(args.configs, args.sets);
    const energy_table table = load_energy_table(args.table, p);
    const account_of_chip all = account(p, table);
    std::cout << "area\n" << table_of(all.area, "mm2", sum(all.area, on_chip).value);
    std::cout << "\npower, every unit busy in every cycle (no run reaches it); share of the chip without DRAM\n"
              << table_of(all.power, "mW", sum(all.power, on_chip).value);
    std::cout << "\n" << beside_the_paper(all);
    return exit_code::ok;
}

}  // namespace pade
