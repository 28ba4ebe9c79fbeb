#include "tlm/record/rtl_record.h"

#include <fnmatch.h>

#include <algorithm>

namespace pade {

namespace {

/// The kind of a block by its name, pe_lane of pe_lane_0_3; empty for what is not recorded.
std::string kind_of(const std::string& path) {
    const std::string name = path.substr(path.rfind('.') + 1);
    for (const char* kind : {"pe_lane", "guard_filter", "rars"}) {
        const std::string prefix = kind;
        if (name == prefix || name.compare(0, prefix.size() + 1, prefix + "_") == 0)
            return prefix;
    }
    return {};
}

}  // namespace

rtl_record::rtl_record(record_shape shape, std::vector<std::string> scopes, make_file file)
    : shape_(shape), scopes_(std::move(scopes)), scope_used_(scopes_.size()), file_(std::move(file)) {}

record_block* rtl_record::block(const std::string& path) {
    const auto known =
        std::find_if(blocks_.begin(), blocks_.end(), [&path](const record_block& b) { return b.path() == path; });
    if (known != blocks_.end())
        return &*known;
    const std::string kind = kind_of(path);
    if (kind.empty())
        return nullptr;
    bool chosen = scopes_.empty();
    for (std::size_t i = 0; i < scopes_.size(); ++i) {
        bool matches = ::fnmatch(scopes_[i].c_str(), path.c_str(), 0) == 0;
        for (auto dot = path.find('.'); !matches && dot != std::string::npos; dot = path.find('.', dot + 1))
            matches = ::fnmatch(scopes_[i].c_str(), path.substr(0, dot).c_str(), 0) == 0;
        if (matches)
            scope_used_[i] = true;
        chosen = chosen || matches;
    }
    return chosen ? &blocks_.emplace_back(path, kind) : nullptr;
}

record_port& rtl_record::port(record_block& block, const std::string& name, bool input,
                              std::vector<record_field> fields) {
    return block.add(
        std::make_unique<record_port>(block.path(), name, input, std::move(fields), file_(block.name(), name)));
}

std::vector<std::string> rtl_record::unused_scopes() const {
    std::vector<std::string> unused;
    for (std::size_t i = 0; i < scopes_.size(); ++i)
        if (!scope_used_[i])
            unused.push_back(scopes_[i]);
    return unused;
}

void rtl_record::finish() {
    errors_.rethrow();
    for (const record_block& block : blocks_)
        for (const auto& port : block.ports())
            port->finish();
}

}  // namespace pade
