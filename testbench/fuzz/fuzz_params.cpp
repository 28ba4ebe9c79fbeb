// Bytes -> a JSON configuration and, after each zero byte, the text of one --set.
#include <string>
#include <utility>
#include <vector>

#include "model/params_json.h"
#include "testbench/fuzz/fuzz.h"
#include "tlm/dram/address_map.h"

namespace {

using namespace pade;

std::vector<std::string> parts(const std::string& text) {
    std::vector<std::string> all;
    for (std::size_t from = 0;;) {
        const std::size_t end = text.find('\0', from);
        all.push_back(text.substr(from, end == std::string::npos ? end : end - from));
        if (end == std::string::npos)
            return all;
        from = end + 1;
    }
}

/// What is printed, as a file and as options, reads back as the same.
void check_printed(const params& p) {
    const std::string text = params_to_json(p);
    const auto values = param_values(p);
    params from_file;
    fuzz::require(fuzz::accepts([&] { merge_params(from_file, text, "printed"); }), "config.json is refused");
    fuzz::require(params_to_json(from_file) == text && param_values(from_file) == values,
                  "config.json reads back as other parameters");
    params from_options;
    const auto defaults = param_values(from_options);
    fuzz::require(fuzz::accepts([&] {
                      for (std::size_t i = 0; i < values.size(); ++i)
                          if (values[i] != defaults[i])
                              set_param(from_options, values[i].first + "=" + values[i].second);
                  }),
                  "the values printed are refused as --set");
    fuzz::require(params_to_json(from_options) == text, "the values printed read back as other parameters");
    fuzz::require(fuzz::accepts([&] { check_params(from_file); }), "config.json is refused by the rules");
    fuzz::require(!params_table(p).empty(), "no table");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::string> texts = parts({reinterpret_cast<const char*>(data), size});
    params p;
    auto present = param_values(p);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const bool accepted = fuzz::accepts([&] {
            if (i == 0)
                merge_params(p, texts[i], "config");
            else
                set_param(p, texts[i]);
        });
        const auto before = std::exchange(present, param_values(p));
        if (!accepted)
            fuzz::require(before == present, "a refusal has changed parameters");
        // A mapping is text until address_map reads it; what it refuses is never printed.
        if (!fuzz::accepts([&] { (void)address_map(p.dram); }))
            p.dram.mapping = dram_params{}.mapping;
        present = param_values(p);
    }
    fuzz::accepts([&] { check_dram_params(p); });
    if (fuzz::accepts([&] {
            check_params(p);
            (void)address_map(p.dram);
        }))
        check_printed(p);
    return 0;
}
