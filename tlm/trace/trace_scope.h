// What a module is given to trace with: a place in the hierarchy of the waveform, and a line to the transaction log.
// Either may be missing.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "tlm/trace/transaction_log.h"
#include "tlm/trace/wave.h"

namespace pade {

/// Numbers of transactions, unique over all links of a run, the same in the waveform and in the log, whatever the order
/// in which processes run: the how-manieth of its link, times 4096, and the number of the link. A payload that is
/// passed on from link to link keeps the number that the first one gave it.
class transaction_ids {
  public:
    /// A link's own numbers.
    class link {
      public:
        explicit link(std::int64_t number = 0) : number_(number) {}
        std::int64_t next() { return ++count_ << 12 | number_; }

      private:
        std::int64_t number_;
        std::int64_t count_ = 0;
    };
    link new_link() { return link(links_++ & 4095); }

    std::int64_t begin(const void* payload, link& on) {
        open& o = open_[payload];
        if (o.links++ == 0)
            o.id = on.next();
        return o.id;
    }
    /// Of a payload under way, else 0.
    std::int64_t of(const void* payload) const {
        const auto found = open_.find(payload);
        return found == open_.end() ? 0 : found->second.id;
    }
    void end(const void* payload) {
        const auto found = open_.find(payload);
        if (found != open_.end() && --found->second.links == 0)
            open_.erase(found);
    }

  private:
    struct open {
        std::int64_t id = 0;
        unsigned links = 0;
    };
    std::int64_t links_ = 0;
    std::unordered_map<const void*, open> open_;
};

/// Of a run. Null: not wanted.
struct tracing {
    wave* waveform = nullptr;
    transaction_log* log = nullptr;
    transaction_ids ids;
};

/// Writes the events of one link or scope; null when nobody wants them.
class event_log {
  public:
    event_log() = default;
    event_log(transaction_log* log, const std::string& link) : log_(log), link_(log->new_link(link)) {}
    explicit operator bool() const { return log_ != nullptr; }
    void add(const log_event& event) {
        if (log_ != nullptr)
            log_->add(link_, event);
    }

  private:
    transaction_log* log_ = nullptr;
    std::size_t link_ = 0;
};

class trace_scope {
  public:
    /// path: where its signals are; period: of the clock whose edges they change at, in units of SystemC's resolution.
    trace_scope(tracing& run, std::string path, wave_detail::tick period)
        : run_(run), path_(std::move(path)), period_(period) {}

    const std::string& path() const { return path_; }
    trace_scope below(const std::string& name) const { return {run_, path_ + "." + name, period_}; }
    trace_scope with_period(wave_detail::tick period) const { return {run_, path_, period}; }
    wave_signal signal(const std::string& name, unsigned width) const {
        return run_.waveform == nullptr ? wave_signal{} : run_.waveform->declare(path_ + "." + name, width, period_);
    }
    event_log log() const {
        return run_.log != nullptr && run_.log->wants(path_) ? event_log(run_.log, path_) : event_log{};
    }
    transaction_ids& ids() const { return run_.ids; }
    bool has_signals() const { return run_.waveform != nullptr && run_.waveform->selects_below(path_); }

  private:
    tracing& run_;
    std::string path_;
    wave_detail::tick period_;
};

}  // namespace pade
