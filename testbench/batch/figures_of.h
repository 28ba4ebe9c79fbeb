// The figures of a finished run, read back from its stats.json, by the dotted names of docs/statistics.md.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace pade {

class figures_of {
  public:
    /// Reads OUT/stats.json. Throws input_error with the path when it is not there or is no JSON.
    explicit figures_of(const std::filesystem::path& out);

    /// Numbers; lists have their index: planes.histogram_pruned_at[3].
    const std::map<std::string, double>& numbers() const { return numbers_; }
    /// Throws input_error for a name that is not there or is no number.
    double number(const std::string& name) const;
    /// 0 / 0 is 0.
    double ratio(const std::string& name, double of) const { return of == 0 ? 0 : number(name) / of; }
    std::string text(const std::string& name) const;
    /// Nothing for a check that did not run.
    std::optional<bool> flag(const std::string& name) const;

    /// Unmasked pairs.
    double pairs() const { return number("pairs.total") - number("pairs.masked"); }
    double planes_per_pair() const { return ratio("planes.processed", pairs()); }
    double retained_fraction() const { return ratio("pairs.retained", pairs()); }
    /// Whether a generator made the trace; a run of an earlier version does not say and had none.
    bool synthetic() const { return flag("job.synthetic").value_or(false); }
    /// Names of the checks that failed.
    std::string failed_checks() const;

  private:
    std::filesystem::path path_;
    std::map<std::string, double> numbers_;
    std::map<std::string, std::string> texts_;
    std::map<std::string, bool> flags_;
};

/// The bounds of a run: which one is largest, and its share of the cycles.
struct largest_bound {
    std::string name;
    double cycles = 0;
    double share = 0;
};
largest_bound largest_bound_of(const figures_of& figures);

}  // namespace pade
