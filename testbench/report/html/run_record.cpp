#include "testbench/report/html/run_record.h"

#include "model/params_json.h"

namespace pade::html {

namespace {

params params_of(const std::filesystem::path& out) {
    params p;
    load_params(p, (out / "config.json").string());
    check_params(p, (out / "config.json").string());
    return p;
}

}  // namespace

run_record::run_record(const std::filesystem::path& out)
    : folder(out.string()),
      figures(out),
      parameters(params_of(out)),
      timeline(read_timeline(out, parameters)),
      retained(read_retained_maps(out, figures, 4)) {}

double run_record::number_or(const std::string& name, double otherwise) const {
    const auto found = figures.numbers().find(name);
    return found == figures.numbers().end() ? otherwise : found->second;
}

}  // namespace pade::html
