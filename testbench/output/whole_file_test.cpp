#include "testbench/output/whole_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "model/errors.h"

using namespace pade;
namespace fs = std::filesystem;

namespace {

struct scratch {
    fs::path dir = fs::temp_directory_path() / ("pade_whole_file_" + std::to_string(::getpid()));
    scratch() { fs::create_directories(dir); }
    ~scratch() { fs::remove_all(dir); }
};

std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

}  // namespace

TEST_CASE("a whole file is written, replaces an earlier one, and leaves nothing else") {
    scratch s;
    write_whole_file(s.dir / "a.json", "first");
    CHECK(text_of(s.dir / "a.json") == "first");
    write_whole_file(s.dir / "a.json", "second");
    CHECK(text_of(s.dir / "a.json") == "second");
    CHECK(std::distance(fs::directory_iterator(s.dir), fs::directory_iterator()) == 1);
}

TEST_CASE("a file that cannot be written is an input_error that names it, and leaves nothing") {
    scratch s;
    CHECK_THROWS_AS(write_whole_file(s.dir / "none" / "a.json", "x"), input_error);
    fs::create_directories(s.dir / "folder");
    CHECK_THROWS_WITH(write_whole_file(s.dir / "folder", "x"), Catch::Contains("folder"));
    CHECK(std::distance(fs::directory_iterator(s.dir), fs::directory_iterator()) == 1);
}
