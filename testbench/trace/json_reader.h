// Typed access to a JSON document with errors that say where: file, key path, value, what is allowed. Included by
// .cpp files only: the JSON library costs seconds a file.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace pade {

/// One value of a document and the path that leads to it. Every accessor throws input_error.
class json_cursor {
  public:
    json_cursor(const nlohmann::json& value, std::string file, std::string path = "")
        : value_(&value), file_(std::move(file)), path_(std::move(path)) {}

    [[noreturn]] void fail(const std::string& what, const std::string& allowed) const;
    std::string dump() const;  ///< the value itself, shortened for a message

    bool has(const std::string& key) const { return value_->is_object() && value_->contains(key); }
    json_cursor operator[](const std::string& key) const;  ///< a member that must be there
    json_cursor operator[](std::size_t index) const;
    std::size_t size_of_list() const;

    const json_cursor& require_object() const;
    /// An object with no other keys than these.
    void allow_only(const std::vector<std::string>& keys) const;
    std::string text() const;
    bool boolean() const;
    std::int64_t integer(std::int64_t low, std::int64_t high) const;
    double positive() const;  ///< finite and greater than 0

  private:
    const nlohmann::json* value_;
    std::string file_;
    std::string path_;
};

}  // namespace pade
