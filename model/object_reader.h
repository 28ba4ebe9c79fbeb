// A JSON object of which each key is read once: what is left at the end is unknown, and refused. Errors say the place,
// the value and what is allowed.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <utility>

namespace pade {

class object_reader {
  public:
    /// `where` begins each message, for example "t.json: entries[3]". The object must outlive this. Throws input_error,
    /// as everything below, when it is none.
    object_reader(const nlohmann::json& object, std::string where);

    const nlohmann::json& at(const std::string& key);
    bool has(const std::string& key) const;
    std::string text(const std::string& key);
    bool flag(const std::string& key);
    const nlohmann::json& list(const std::string& key);
    /// Finite, from 0 on.
    double number(const std::string& key);
    /// The same of a value that is part of `key`.
    double number(const nlohmann::json& value, const std::string& key) const;
    /// Two factors around a value, at most 1 and at least 1, as [low, high].
    std::pair<double, double> band(const std::string& key);
    /// Refuses keys that nobody asked for.
    void finish() const;

    [[noreturn]] void refuse(const std::string& what, const std::string& allowed) const;

  private:
    const nlohmann::json& object_;
    std::string where_;
    std::set<std::string> seen_;
};

}  // namespace pade
