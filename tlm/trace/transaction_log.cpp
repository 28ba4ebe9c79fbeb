#include "tlm/trace/transaction_log.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <string_view>
#include <tuple>

#include "model/errors.h"
#include "tlm/sc_module.h"

namespace pade {

namespace {
constexpr std::uint64_t reserve = 128;  // for the comment at the cap

int order_of(std::string_view phase) {
    constexpr std::string_view phases[] = {"BEGIN_REQ", "END_REQ", "BEGIN_RESP", "END_RESP"};
    return static_cast<int>(std::find(std::begin(phases), std::end(phases), phase) - std::begin(phases));
}
}  // namespace

transaction_log::transaction_log(text_sink& sink, log_options options, std::uint64_t period)
    : sink_(sink), options_(std::move(options)), period_(period), used_(options_.links.size()) {
    const std::string header = "# cycle link phase key plane row slot value id\n";
    bytes_ = header.size();
    sink_.append(header.data(), header.size());
}

bool transaction_log::wants(const std::string& link) {
    bool any = options_.links.empty();
    for (std::size_t i = 0; i < options_.links.size(); ++i) {
        if (::fnmatch(options_.links[i].c_str(), link.c_str(), 0) != 0)
            continue;
        used_[i] = true;
        any = true;
    }
    return any;
}

void transaction_log::check_links() const {
    for (std::size_t i = 0; i < options_.links.size(); ++i)
        if (!used_[i])
            throw input_error("--log-links: '" + options_.links[i] + "' matches no link; allowed: patterns of names " +
                              "like pade.dispatcher.planes_0 or pade.pe_lane_0_*");
}

bool transaction_log::of_a_wanted_key(const log_event& e) const {
    if (e.key < 0)
        return e.phase != std::string_view("CREDIT");  // it belongs to no item
    const auto key = static_cast<std::uint32_t>(e.key);
    return std::find(options_.keys.begin(), options_.keys.end(), key) != options_.keys.end();
}

std::size_t transaction_log::new_link(const std::string& link) {
    links_.push_back(link);
    return links_.size() - 1;
}

void transaction_log::add(std::size_t link, const log_event& e) {
    const auto time = sc_core::sc_time_stamp().value();
    const cycle_t cycle = time / period_;
    if (cut_ || cycle < options_.from || cycle >= options_.to)
        return;
    if (!options_.keys.empty() && !of_a_wanted_key(e))
        return;
    if (time != moment_time_)
        end_moment();
    moment_time_ = time;
    const auto column = [](std::int64_t value, bool there) { return there ? std::to_string(value) : std::string("-"); };
    moment_.push_back(
        {link, e.id, order_of(e.phase),
         fmt::format("{} {} {} {} {} {} {} {} {}\n", cycle, links_[link], e.phase, column(e.key, e.key >= 0),
                     column(e.plane, e.plane >= 0), column(e.row, e.row >= 0), column(e.slot, e.slot >= 0),
                     e.value.empty() ? "-" : e.value, column(e.id, e.id != 0))});
}

void transaction_log::end_moment() {
    // What is left in the order of arrival comes from one process.
    std::stable_sort(moment_.begin(), moment_.end(), [](const waiting_line& a, const waiting_line& b) {
        return std::tie(a.link, a.id, a.phase) < std::tie(b.link, b.id, b.phase);
    });
    for (const waiting_line& waiting : moment_) {
        const std::string& line = waiting.text;
        if (bytes_ + line.size() + reserve > options_.most_bytes) {
            cut_ = true;
            const std::string end = fmt::format("# cut here, at cycle {}: --wave-max-mb allows {} bytes\n",
                                                moment_time_ / period_, options_.most_bytes);
            sink_.append(end.data(), end.size());
            break;
        }
        bytes_ += line.size();
        ++lines_;
        sink_.append(line.data(), line.size());
    }
    moment_.clear();
}

void transaction_log::finish() {
    if (!cut_)
        end_moment();
}

}  // namespace pade
