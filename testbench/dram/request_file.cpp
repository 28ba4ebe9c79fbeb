#include "testbench/dram/request_file.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "model/errors.h"
#include "testbench/output/whole_file.h"

namespace pade {

namespace {

class parser {
  public:
    parser(const std::string& where, const address_map& map) : where_(where), map_(map) {}

    request_list all(std::string_view text) {
        while (!text.empty()) {
            const auto end = text.find('\n');
            ++file_line_;
            line(text.substr(0, end));
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
        check_afters();
        return std::move(requests_);
    }

  private:
    [[noreturn]] void fail(std::size_t at, const std::string& what, const std::string& allowed) const {
        throw input_error(fmt::format("{}, line {}: {}; allowed: {}", where_, at, what, allowed));
    }

    void line(std::string_view text) {
        std::array<std::string_view, 5> words;
        std::size_t count = 0;
        // It would end every message that quotes it.
        if (text.find('\0') != std::string_view::npos)
            fail(file_line_, "holds a zero byte", "text");
        text = text.substr(0, text.find('#'));
        constexpr std::string_view blank = " \t\r\v\f";
        for (auto begin = text.find_first_not_of(blank); begin != std::string_view::npos;
             begin = text.find_first_not_of(blank)) {
            text.remove_prefix(begin);
            const auto end = std::min(text.find_first_of(blank), text.size());
            if (count == words.size())
                break;
            words[count++] = text.substr(0, end);
            text.remove_prefix(end);
        }
        if (count == 0)
            return;
        if (count < 3 || count > 4)
            fail(file_line_, fmt::format("{} words", count), "ADDRESS READ|WRITE CYCLE [after=LINE]");
        memory_request request;
        request.address = address(words[0]);
        if (words[1] != "READ" && words[1] != "WRITE")
            fail(file_line_, fmt::format("'{}'", words[1].substr(0, 40)), "READ or WRITE");
        request.write = words[1] == "WRITE";
        request.cycle = number(words[2], "CYCLE", memory_request::last_cycle);
        if (count == 4) {
            if (words[3].substr(0, 6) != "after=")
                fail(file_line_, fmt::format("'{}'", words[3].substr(0, 40)), "after=LINE or nothing");
            request.after = static_cast<std::uint32_t>(
                number(words[3].substr(6), "after", memory_request::no_line - std::uint64_t{1}));
        }
        requests_.push_back(request);
        file_lines_.push_back(file_line_);
        if (requests_.size() == memory_request::no_line)
            fail(file_line_, "too many requests", fmt::format("{}", memory_request::no_line - 1));
    }

    std::uint64_t address(std::string_view word) const {
        std::string_view digits = word;
        if (digits.substr(0, 2) == "0x" || digits.substr(0, 2) == "0X")
            digits.remove_prefix(2);
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || value >= map_.bytes())
            fail(file_line_, fmt::format("address '{}'", word.substr(0, 40)),
                 fmt::format("hexadecimal, 0 to {:x}", map_.bytes() - map_.atom_bytes()));
        if (map_.decode(value).offset != 0)
            fail(file_line_, fmt::format("address {:x} lies inside a burst", value),
                 fmt::format("beginnings of bursts of {} B", map_.atom_bytes()));
        return value;
    }

    std::uint64_t number(std::string_view word, const char* what, std::uint64_t most) const {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (word.empty() || error != std::errc{} || end != word.data() + word.size() || value > most)
            fail(file_line_, fmt::format("{} '{}'", what, word.substr(0, 40)), fmt::format("0 to {}", most));
        return value;
    }

    /// Each line waits for one other at most, so a circle is found by walking: lines walked over carry the walk's
    /// number.
    void check_afters() const {
        std::vector<std::uint32_t> walked(requests_.size(), 0);
        std::uint32_t walk = 0;
        for (std::uint32_t first = 0; first < requests_.size(); ++first) {
            ++walk;
            for (std::uint32_t at = first; walked[at] == 0; at = requests_[at].after) {
                walked[at] = walk;
                const std::uint32_t after = requests_[at].after;
                if (after == memory_request::no_line)
                    break;
                if (after >= requests_.size())
                    fail(file_lines_[at], fmt::format("after={}", after),
                         fmt::format("lines 0 to {}", requests_.size() - 1));
                if (walked[after] == walk)
                    fail(file_lines_[at],
                         fmt::format("after={} closes a circle of lines that wait for each other", after),
                         "a line that does not wait for this one");
            }
        }
    }

    const std::string& where_;
    const address_map& map_;
    std::size_t file_line_ = 0;
    request_list requests_;
    std::vector<std::size_t> file_lines_;
};

}  // namespace

request_list parse_requests(const std::string& text, const std::string& where, const address_map& map) {
    return parser(where, map).all(text);
}

request_list load_requests(const std::string& path, const address_map& map) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
        throw input_error("request file " + path + ": not there, or no file; allowed: a readable text file");
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in)
        throw input_error("request file " + path + ": cannot be read; allowed: a readable text file");
    auto requests = parse_requests(text.str(), path, map);
    if (requests.empty())
        throw input_error("request file " + path + ": holds no request; allowed: at least one");
    return requests;
}

void save_requests(const request_list& requests, const std::string& path, const std::string& comment) {
    std::string text = "# " + comment + "\n# ADDRESS READ|WRITE CYCLE [after=LINE]\n";
    for (const memory_request& r : requests) {
        text += fmt::format("{:x} {} {}", r.address, r.write ? "WRITE" : "READ", r.cycle);
        if (r.after != memory_request::no_line)
            text += fmt::format(" after={}", r.after);
        text += '\n';
    }
    write_whole_file(path, text);
}

}  // namespace pade
