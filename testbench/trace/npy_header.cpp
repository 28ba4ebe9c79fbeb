// The header's dictionary is a Python literal; this is the small part of that language that NPY writers use.
#include <fmt/format.h>

#include <limits>

#include "model/errors.h"
#include "testbench/trace/npy.h"

namespace pade {

namespace {

class dictionary_parser {
  public:
    dictionary_parser(const std::string& text, const std::string& file) : text_(text), file_(file) {}

    npy_header parse() {
        npy_header header;
        bool seen_descr = false;
        bool seen_order = false;
        bool seen_shape = false;
        // It would end every message that quotes it.
        if (const std::size_t zero = text_.find('\0'); zero != std::string::npos)
            fail(zero, "is a zero byte", "text");
        expect('{');
        while (peek() != '}') {
            const std::size_t at = at_;
            const std::string key = quoted();
            expect(':');
            if (key == "descr")
                once(seen_descr, key, at), header.descr = quoted();
            else if (key == "fortran_order")
                once(seen_order, key, at), header.fortran_order = boolean();
            else if (key == "shape")
                once(seen_shape, key, at), header.shape = tuple();
            else
                fail(at, fmt::format("unknown key '{}'", key.substr(0, 40)), "descr, fortran_order and shape");
            if (peek() != '}')
                expect(',');
        }
        expect('}');
        skip_spaces();
        if (at_ + 1 != text_.size() || text_[at_] != '\n')
            fail(at_, "the header does not end here", "spaces and one newline after the closing brace");
        if (!seen_descr || !seen_order || !seen_shape)
            fail(0,
                 fmt::format("key '{}' is missing", !seen_descr   ? "descr"
                                                    : !seen_order ? "fortran_order"
                                                                  : "shape"),
                 "descr, fortran_order and shape, all three");
        return header;
    }

  private:
    [[noreturn]] void fail(std::size_t at, const std::string& what, const std::string& allowed) const {
        throw input_error(fmt::format("{}: NPY header, character {}: {}; allowed: {}", file_, at, what, allowed));
    }

    /// What stands here, for a message.
    std::string found() const {
        constexpr std::size_t most = 20;
        return at_ >= text_.size() ? "the header ends" : fmt::format("is \"{}\"", text_.substr(at_, most));
    }

    void skip_spaces() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t'))
            ++at_;
    }

    char peek() {
        skip_spaces();
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    void expect(char c) {
        if (peek() != c)
            fail(at_, found(), fmt::format("'{}'", c));
        ++at_;
    }

    void once(bool& seen, const std::string& key, std::size_t at) const {
        if (seen)
            fail(at, fmt::format("key '{}' occurs twice", key), "once");
        seen = true;
    }

    std::string quoted() {
        const char quote = peek();
        if (quote != '\'' && quote != '"')
            fail(at_, found(), "a quoted string");
        const std::size_t end = text_.find(quote, at_ + 1);
        if (end == std::string::npos)
            fail(at_, "this string does not end", "a quoted string");
        std::string value = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
        return value;
    }

    bool boolean() {
        peek();
        for (const bool value : {false, true}) {
            const std::string word = value ? "True" : "False";
            if (text_.compare(at_, word.size(), word) == 0) {
                at_ += word.size();
                return value;
            }
        }
        fail(at_, found(), "True or False");
    }

    std::vector<std::uint64_t> tuple() {
        std::vector<std::uint64_t> shape;
        expect('(');
        while (peek() != ')') {
            shape.push_back(number());
            if (peek() == ',')
                ++at_;
            else if (shape.size() == 1 || peek() != ')')
                fail(at_, found(), "',' (a tuple of one element is written (n,))");
        }
        ++at_;
        return shape;
    }

    std::uint64_t number() {
        const std::size_t from = at_;
        std::uint64_t value = 0;
        while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
            const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
            if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10)
                fail(from, "this size is too large", "sizes of 64 bits");
            value = value * 10 + digit;
            ++at_;
        }
        if (at_ == from)
            fail(at_, found(), "a size in decimal digits");
        return value;
    }

    const std::string& text_;
    const std::string& file_;
    std::size_t at_ = 0;
};

}  // namespace

npy_header parse_npy_header(const std::string& text, const std::string& file) {
    return dictionary_parser(text, file).parse();
}

}  // namespace pade
