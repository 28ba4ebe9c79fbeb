#include "testbench/run/record_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "model/errors.h"
#include "model/qkpu/pe_lane.h"
#include "testbench/output/output_dir.h"
#include "testbench/output/whole_file.h"
#include "testbench/report/version.h"
#include "tlm/payloads.h"

namespace pade {

namespace fs = std::filesystem;

namespace {

/// A file that is opened for each piece: a chip has more ports than a process may have open files.
class appended_file final : public text_sink {
  public:
    explicit appended_file(fs::path path) : path_(std::move(path)) {}
    void append(const char* data, std::size_t bytes) override {
        std::FILE* file = std::fopen(path_.c_str(), "ab");
        if (file == nullptr)
            fail();
        const bool written = std::fwrite(data, 1, bytes, file) == bytes;
        if (std::fclose(file) != 0 || !written)
            fail();
    }

  private:
    [[noreturn]] void fail() const {
        throw input_error("--record-rtl: " + path_.string() + ": cannot be written (" + std::strerror(errno) +
                          "); allowed: a path in a folder that can be written and has room");
    }
    fs::path path_;
};

fs::path real_place(const fs::path& path) {
    std::error_code error;
    fs::path whole = fs::weakly_canonical(fs::absolute(path), error);
    if (!whole.has_filename())
        whole = whole.parent_path();
    return error ? path : whole;
}

bool inside(const fs::path& inner, const fs::path& outer) {
    return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

void check_place(const record_options& o) {
    std::error_code error;
    if (fs::symlink_status(o.folder, error).type() != fs::file_type::not_found)
        throw input_error("--record-rtl " + o.folder.string() +
                          ": is there already; allowed: the path of a new folder");
    const fs::path folder = real_place(o.folder);
    const fs::path out = real_place(o.out);
    if (inside(folder, out) || inside(out, folder))
        throw input_error("--record-rtl " + o.folder.string() + ": overlaps --out " + o.out.string() +
                          "; allowed: a folder beside it");
}

nlohmann::ordered_json parameters(const params& p, const record_shape& shape, unsigned head_dim) {
    nlohmann::ordered_json j;
    j["core_mhz"] = p.clock.core_mhz;
    j["head_dim"] = head_dim;
    j["words"] = shape.words;
    j["key_bits"] = p.lane.key_bits;
    j["rows"] = p.rows.count;
    j["lanes"] = p.lane.count;
    j["bidirectional"] = p.lane.bidirectional;
    j["scoreboard_entries"] = p.lane.scoreboard_entries;
    j["fifo_planes"] = p.lane.fifo_planes;
    j["pipeline_stages"] = p.lane.pipeline_stages;
    j["verdict_latency"] = p.lane.verdict_latency;
    j["score_credits"] = score_places(p.lane);
    j["link_latency"] = p.link.latency;
    j["guard_enabled"] = p.guard.enabled;
    j["bui_latency"] = p.guard.bui_latency;
    j["broadcast_latency"] = p.guard.broadcast_latency;
    j["rars"] = p.vpu.rars;
    j["split"] = p.rars.split;
    j["v_rows_per_round"] = p.vpu.v_rows_per_round;
    j["prefetch_rows"] = p.vpu.prefetch_rows;
    j["exps_per_cycle"] = p.softmax.exps_per_cycle;
    j["p_bits"] = p.softmax.p_bits;
    return j;
}

}  // namespace

struct record_files::files {
    files(const record_options& o, const params& p, unsigned dims)
        : options(o), parameters_of_run(p), head_dim(dims), place(o.folder, false) {}

    record_options options;
    params parameters_of_run;
    unsigned head_dim;
    output_dir place;
    std::optional<rtl_record> record;
};

record_files::record_files(const record_options& o, const params& p, unsigned head_dim) {
    if (o.folder.empty())
        return;
    check_place(o);
    files_ = std::make_unique<files>(o, p, head_dim);
    const fs::path partial = files_->place.partial();
    files_->record.emplace(record_shape{(head_dim + lane_dims - 1) / lane_dims, p.lane.key_bits, p.rows.count,
                                        p.softmax.exps_per_cycle, p.vpu.v_rows_per_round},
                           o.scopes, [partial](const std::string& block, const std::string& port) {
                               fs::create_directories(partial / block);
                               return std::make_unique<appended_file>(partial / block / (port + ".hex"));
                           });
}

record_files::~record_files() = default;

rtl_record* record_files::record() {
    return files_ ? &*files_->record : nullptr;
}

void record_files::start() const {
    if (!files_)
        return;
    const std::vector<std::string> unused = files_->record->unused_scopes();
    if (files_->record->blocks().empty() || (!files_->options.scopes_are_shared && !unused.empty()))
        throw input_error(
            "--record-rtl: --wave-scope '" + (unused.empty() ? std::string("*") : unused.front()) +
            "' chooses no block that can be recorded; allowed: patterns that match pade.pe_lane_<row>_<lane>, "
            "pade.guard_filter_<row> or pade.rars");
}

void record_files::check() const {
    if (files_)
        files_->record->errors().rethrow();
}

std::vector<std::string> record_files::close() {
    if (!files_)
        return {};
    rtl_record& record = *files_->record;
    record.finish();
    std::uint64_t records = 0;
    for (const record_block& block : record.blocks()) {
        nlohmann::ordered_json j;
        j["schema_version"] = 1;
        j["version"] = version_text();
        j["block"] = block.path();
        j["kind"] = block.kind();
        j["parameters"] = parameters(files_->parameters_of_run, record.shape(), files_->head_dim);
        for (const auto& port : block.ports()) {
            nlohmann::ordered_json fields = nlohmann::ordered_json::array();
            for (const record_field& field : port->fields())
                fields.push_back(
                    {{"name", field.name}, {"bits", field.bits}, {"count", field.count}, {"signed", field.is_signed}});
            j["ports"].push_back({{"name", port->name()},
                                  {"direction", port->input() ? "input" : "output"},
                                  {"fields", fields},
                                  {"records", port->records()}});
            records += port->records();
        }
        write_whole_file(files_->place.partial() / block.name() / "block.json", j.dump(2) + "\n");
    }
    files_->place.commit();
    return {fmt::format("{}: {} blocks, {} records, for RTL", files_->options.folder.string(), record.blocks().size(),
                        records)};
}

}  // namespace pade
