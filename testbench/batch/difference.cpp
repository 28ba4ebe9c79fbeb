#include "testbench/batch/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "model/errors.h"
#include "model/params_json.h"
#include "testbench/batch/figures_of.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

params params_of(const fs::path& out) {
    params p;
    load_params(p, (out / "config.json").string());
    return p;
}

bool same_bytes(const fs::path& a, const fs::path& b) {
    std::ifstream in_a(a, std::ios::binary), in_b(b, std::ios::binary);
    for (const auto& [in, path] : {std::pair(&in_a, a), std::pair(&in_b, b)})
        if (std::error_code error; !*in || !fs::is_regular_file(path, error))
            throw input_error(path.string() + ": not there; allowed: the folder of a finished run");
    return std::equal(std::istreambuf_iterator<char>(in_a), {}, std::istreambuf_iterator<char>(in_b), {});
}

bool of_one_head(const std::string& name) {
    return name.rfind("per_", 0) == 0;
}

std::string number(double value) {
    return fmt::format("{:.10g}", value);
}

}  // namespace

run_difference compare_runs(const fs::path& a, const fs::path& b) {
    const figures_of of_a(a), of_b(b);
    run_difference d;
    d.a_synthetic = of_a.synthetic();
    d.b_synthetic = of_b.synthetic();
    const auto values_a = param_values(params_of(a)), values_b = param_values(params_of(b));
    for (std::size_t n = 0; n < values_a.size(); ++n)
        if (values_a[n].second != values_b[n].second)
            d.parameters.push_back({values_a[n].first, values_a[n].second, values_b[n].second});
    for (const char* name : {"job.name", "job.trace_sha256", "job.phase", "job.version"})
        if (of_a.text(name) != of_b.text(name))
            d.job.push_back({name, of_a.text(name), of_b.text(name)});
    for (const char* name : {"soundness", "output", "stored_output", "balance", "tlm_protocol"}) {
        const auto text = [&](const figures_of& f) {
            const auto held = f.flag("checks." + std::string(name));
            return std::string(!held ? "null" : *held ? "true" : "false");
        };
        if (text(of_a) != text(of_b))
            d.checks.push_back({"checks." + std::string(name), text(of_a), text(of_b)});
    }
    auto names = of_a.numbers();
    names.insert(of_b.numbers().begin(), of_b.numbers().end());
    for (const auto& [name, unused] : names) {
        if (name.rfind("sim.", 0) == 0)
            continue;
        const auto in_a = of_a.numbers().find(name), in_b = of_b.numbers().find(name);
        const bool in_both = in_a != of_a.numbers().end() && in_b != of_b.numbers().end();
        if (name.rfind("job.", 0) == 0) {
            if (!in_both || in_a->second != in_b->second)
                d.job.push_back({name, in_a == of_a.numbers().end() ? "-" : number(in_a->second),
                                 in_b == of_b.numbers().end() ? "-" : number(in_b->second)});
            continue;
        }
        const double x = in_a == of_a.numbers().end() ? 0 : in_a->second,
                     y = in_b == of_b.numbers().end() ? 0 : in_b->second;
        if (in_both && x == y) {
            ++d.equal;
            continue;
        }
        const double larger = std::max(std::abs(x), std::abs(y));
        d.figures.push_back({name, x, y, larger == 0 ? 0 : std::abs(y - x) / larger});
    }
    std::stable_sort(d.figures.begin(), d.figures.end(),
                     [](const changed_figure& x, const changed_figure& y) { return x.effect > y.effect; });
    d.same_output = same_bytes(a / "output.npy", b / "output.npy");
    d.same_retained = same_bytes(a / "retained.npy", b / "retained.npy");
    return d;
}

std::string difference_text(const run_difference& d, std::size_t most) {
    std::string out;
    const auto values = [&out](const char* title, const std::vector<changed_value>& list) {
        if (list.empty())
            return;
        out += std::string(title) + "\n";
        for (const changed_value& each : list)
            out += fmt::format("  {:<32} {} -> {}\n", each.name, each.a, each.b);
    };
    if (d.a_synthetic || d.b_synthetic)
        out += fmt::format("SYNTHETIC trace: {}\n", d.a_synthetic && d.b_synthetic ? "both runs"
                                                    : d.a_synthetic                ? "the first run"
                                                                                   : "the second run");
    values("job", d.job);
    values("parameters", d.parameters);
    values("checks", d.checks);
    out += fmt::format("results: output.npy {}, retained.npy {}\n", d.same_output ? "the same" : "differs",
                       d.same_retained ? "the same" : "differs");
    std::size_t shown = 0, left = 0;
    for (const changed_figure& each : d.figures) {
        if (most != 0 && (shown == most || of_one_head(each.name))) {
            ++left;
            continue;
        }
        if (shown++ == 0)
            out += "figures, largest effect first\n";
        const std::string change = each.a == 0 ? "new" : fmt::format("{:+.1f} %", 100 * (each.b / each.a - 1));
        out += fmt::format("  {:<44} {:>16} -> {:<16} {}\n", each.name, number(each.a), number(each.b), change);
    }
    out += fmt::format("{} figures are the same{}\n", d.equal,
                       left == 0 ? "" : fmt::format(", {} more differ (--all)", left));
    return out;
}

std::string difference_json(const run_difference& d) {
    using json = nlohmann::ordered_json;
    const auto values = [](const std::vector<changed_value>& list) {
        json all = json::array();
        for (const changed_value& each : list)
            all.push_back({{"name", each.name}, {"a", each.a}, {"b", each.b}});
        return all;
    };
    json figures = json::array();
    for (const changed_figure& each : d.figures)
        figures.push_back({{"name", each.name}, {"a", each.a}, {"b", each.b}, {"effect", each.effect}});
    return json{{"job", values(d.job)},
                {"parameters", values(d.parameters)},
                {"checks", values(d.checks)},
                {"a_synthetic", d.a_synthetic},
                {"b_synthetic", d.b_synthetic},
                {"same_output", d.same_output},
                {"same_retained", d.same_retained},
                {"equal", d.equal},
                {"figures", figures}}
               .dump(2) +
           "\n";
}

}  // namespace pade
