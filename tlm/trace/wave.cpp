#include "tlm/trace/wave.h"

#include <fnmatch.h>

#include <algorithm>

#include "model/errors.h"

namespace pade {

using wave_detail::tick;

wave::wave(std::vector<std::string> scopes) : scopes_(std::move(scopes)), scope_used_(scopes_.size()) {}

wave::~wave() = default;

bool wave::selected(const std::string& path, std::vector<bool>* used) const {
    if (scopes_.empty())
        return true;
    bool any = false;
    for (std::size_t i = 0; i < scopes_.size(); ++i) {
        bool matches = ::fnmatch(scopes_[i].c_str(), path.c_str(), 0) == 0;
        for (auto dot = path.find('.'); !matches && dot != std::string::npos; dot = path.find('.', dot + 1))
            matches = ::fnmatch(scopes_[i].c_str(), path.substr(0, dot).c_str(), 0) == 0;
        if (matches && used != nullptr)
            (*used)[i] = true;
        any = any || matches;
    }
    return any;
}

bool wave::selects_below(const std::string& scope) const {
    return std::any_of(signals_.begin(), signals_.end(), [&scope](const wave_detail::signal& s) {
        return s.path.size() > scope.size() && s.path.compare(0, scope.size(), scope) == 0 &&
               s.path[scope.size()] == '.';
    });
}

std::vector<std::pair<std::string, unsigned>> wave::paths_and_widths() const {
    std::vector<std::pair<std::string, unsigned>> list;
    for (const wave_detail::signal& s : signals_)
        list.emplace_back(s.path, s.width);
    return list;
}

wave_signal wave::declare(const std::string& path, unsigned width, tick period) {
    if (width == 0 || width > 64)
        throw internal_error("wave: " + path + " is " + std::to_string(width) + " bits wide");
    paths_.push_back(path);
    if (!selected(path, &scope_used_))
        return {};
    const auto same_clock = [period](const wave_detail::fallbacks& clock) { return clock.period == period; };
    auto clock = std::find_if(clocks_.begin(), clocks_.end(), same_clock);
    if (clock == clocks_.end()) {
        clocks_.push_back({period, {}});
        clock = std::prev(clocks_.end());
    }
    wave_detail::signal& made = signals_.emplace_back();
    made.owner = this;
    made.clock = &*clock;
    made.mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
    made.number = static_cast<std::uint32_t>(signals_.size() - 1);
    made.width = width;
    made.path = path;
    return wave_signal(&made);
}

void wave::start(wave_writer& writer, tick from, tick to) {
    std::vector<std::string> sorted = paths_;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end())
        throw internal_error("wave: two signals are called " + *twice);
    for (std::size_t i = 0; i < scopes_.size(); ++i)
        if (!scope_used_[i])
            throw input_error("--wave-scope: '" + scopes_[i] + "' matches no signal and no scope; allowed: " +
                              "patterns of names like pade.dispatcher, pade.pe_lane_0_* or *.class");
    std::vector<const wave_detail::signal*> all;
    for (const wave_detail::signal& s : signals_)
        all.push_back(&s);
    writer_ = &writer;
    from_ = from;
    to_ = to;
    writer.begin(all);
}

void wave::flush() {
    if (now_ >= from_ && !begun_ && writer_ != nullptr) {
        begun_ = true;
        std::vector<const wave_detail::signal*> all;
        for (const wave_detail::signal& s : signals_)
            all.push_back(&s);
        writer_->time(from_);
        writer_->all(all);  // as they were before the first change that the window shows
    }
    if (dirty_.empty())
        return;
    std::sort(dirty_.begin(), dirty_.end(), [](const auto* a, const auto* b) { return a->number < b->number; });
    bool timed = false;
    for (wave_detail::signal* s : dirty_) {
        s->dirty = false;
        if (s->value == s->written)
            continue;
        s->written = s->value;
        if (!begun_ || ended_ || now_ >= to_)
            continue;
        if (!timed && now_ != from_)
            writer_->time(now_);
        timed = true;
        writer_->change(*s);
    }
    dirty_.clear();
    ended_ = ended_ || now_ >= to_ || (writer_ != nullptr && !writer_->open());
}

void wave::advance_to(tick now) {
    while (true) {
        wave_detail::fallbacks* next = nullptr;
        for (wave_detail::fallbacks& clock : clocks_)
            if (!clock.waiting.empty() && clock.waiting.front().due <= now &&
                (next == nullptr || clock.waiting.front().due < next->waiting.front().due))
                next = &clock;
        if (next == nullptr)
            break;
        const wave_detail::fallbacks::entry entry = next->waiting.front();
        next->waiting.pop_front();
        if (entry.who->calls != entry.call)
            continue;
        if (entry.due > now_) {
            flush();
            now_ = entry.due;
        }
        entry.who->value = entry.value;
        if (!entry.who->dirty) {
            entry.who->dirty = true;
            dirty_.push_back(entry.who);
        }
    }
    if (now > now_) {
        flush();
        now_ = now;
    }
}

void wave::finish() {
    advance();
    flush();
    if (!begun_)
        return;
    writer_->time(std::min(now_, to_));
    writer_->end();
}

void wave_signal::change(std::uint64_t value) {
    signal_->owner->advance();
    signal_->value = value & signal_->mask;
    ++signal_->calls;
    if (signal_->dirty)
        return;
    signal_->dirty = true;
    signal_->owner->dirty_.push_back(signal_);
}

void wave_signal::change_for_a_cycle(std::uint64_t value, std::uint64_t after) {
    change(value);
    wave& owner = *signal_->owner;
    signal_->clock->waiting.push_back(
        {owner.now_ + signal_->clock->period, signal_, after & signal_->mask, signal_->calls});
}

}  // namespace pade
