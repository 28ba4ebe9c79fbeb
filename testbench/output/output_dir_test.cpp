#include "testbench/output/output_dir.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "model/errors.h"
#include "testbench/trace/test_files.h"

using namespace pade;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

/// Names below a folder, sorted, one string.
std::string listing(const fs::path& folder) {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string& name : names)
        all += (all.empty() ? "" : " ") + name;
    return all;
}

/// Number of a process that has ended.
long dead_process() {
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
}

}  // namespace

TEST_CASE("the folder is written beside its place and renamed last") {
    test::temp_dir top;
    const fs::path out = top / "deep/er/out";
    {
        output_dir dir(out, false);
        CHECK(dir.partial() == top / "deep/er/out.partial");
        test::write_bytes(dir.partial() / "stats.json", "{}");
        CHECK_FALSE(fs::exists(out));
        dir.commit();
        CHECK(listing(out) == "stats.json");
    }
    CHECK(listing(top / "deep/er") == "out");
    CHECK(listing(out) == "stats.json");
}

TEST_CASE("without commit nothing is left") {
    test::temp_dir top;
    {
        output_dir dir(top / "out", false);
        test::write_bytes(dir.partial() / "stats.json", "{}");
    }
    CHECK(listing(top.path()).empty());
}

TEST_CASE("trailing slashes, dots and links lead to the folder meant") {
    test::temp_dir top;
    fs::create_directory(top / "real");
    fs::create_directory_symlink("real", top / "link");
    for (const char* name : {"real/", "./real", "x/../real", "link", "link/"}) {
        INFO(name);
        output_dir dir(top.path() / name, true);
        CHECK(dir.final_path() == top / "real");
        test::write_bytes(dir.partial() / "file", name);
        dir.commit();
        CHECK(test::read_bytes(top / "real/file") == name);
    }
    CHECK(listing(top.path()) == "link real");
    CHECK_THROWS_AS(output_dir("", false), input_error);
    CHECK_THROWS_AS(output_dir("/", true), input_error);
}

TEST_CASE("an empty folder in its place is taken, a full one only with force, and only at the end") {
    test::temp_dir top;
    const fs::path out = top / "out";
    fs::create_directory(out);
    {
        output_dir dir(out, false);
        test::write_bytes(dir.partial() / "one", "1");
        dir.commit();
    }
    CHECK(listing(out) == "one");
    CHECK_THROWS_WITH(output_dir(out, false),
                      Contains(out.string()) && Contains("is not empty") && Contains("--force"));
    CHECK(listing(top.path()) == "out");
    {
        output_dir dir(out, true);
        test::write_bytes(dir.partial() / "two", "2");
        CHECK(listing(out) == "one");
    }
    CHECK(listing(out) == "one");  // the second run did not finish
    {
        output_dir dir(out, true);
        test::write_bytes(dir.partial() / "two", "2");
        dir.commit();
    }
    CHECK(listing(out) == "two");
    CHECK(listing(top.path()) == "out");
}

TEST_CASE("what appears in its place during a run is not overwritten without force") {
    test::temp_dir top;
    output_dir dir(top / "out", false);
    test::write_bytes(top / "out/precious", "");
    CHECK_THROWS_WITH(dir.commit(), Contains("is not empty"));
    CHECK(listing(top / "out") == "precious");
}

TEST_CASE("results apart from the trace set: paths that cannot be resolved are named") {
    test::temp_dir top;
    fs::create_directory(top / "set");
    CHECK_NOTHROW(require_apart(top / "out", top / "set"));
    for (const char* name : {"set", "set/out", "."})
        CHECK_THROWS_WITH(require_apart(top.path() / name, top / "set"), Contains("overlaps the trace set"));
    fs::create_symlink("loop", top / "loop");
    CHECK_THROWS_WITH(require_apart(top / "loop/out", top / "set"),
                      Contains("loop/out: cannot be used for --out") && Contains("; allowed: "));
    CHECK_THROWS_AS(require_apart(top / "out", top / "loop"), input_error);
    CHECK_THROWS_AS(require_apart(top / std::string(300, 'a'), top / "set"), input_error);
}

TEST_CASE("files and dangling links in the way are named") {
    test::temp_dir top;
    test::write_bytes(top / "out", "");
    test::write_bytes(top / "b.partial", "");
    fs::create_symlink("nowhere", top / "dangling");
    for (const bool force : {false, true}) {
        CHECK_THROWS_WITH(output_dir(top / "out", force), Contains((top / "out").string()) && Contains("not a folder"));
        CHECK_THROWS_WITH(output_dir(top / "b", force), Contains("b.partial: is in the way"));
        CHECK_THROWS_AS(output_dir(top / "dangling", force), input_error);
        CHECK_THROWS_AS(output_dir(top / "out/below", force), input_error);
    }
    CHECK(listing(top.path()) == "b.partial dangling out");
    CHECK_THROWS_AS(output_dir("/proc/pade-out", false), input_error);
}

TEST_CASE("a partial folder of a live process is left alone") {
    test::temp_dir top;
    const output_dir dir(top / "out", false);
    CHECK_THROWS_WITH(output_dir(top / "out", false), Contains("out.partial: process " + std::to_string(::getpid())));
    CHECK_THROWS_AS(output_dir(top / "out", true), input_error);
    CHECK(fs::exists(dir.partial()));
}

TEST_CASE("a partial folder of a live child is left alone until the child ends") {
    test::temp_dir top;
    int ready[2];
    int done[2];
    REQUIRE(::pipe(ready) == 0);
    REQUIRE(::pipe(done) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        output_dir dir(top / "out", false);
        char byte = 0;
        const bool told = ::write(ready[1], &byte, 1) == 1 && ::read(done[0], &byte, 1) == 1;
        ::_exit(told ? 0 : 1);  // no destructor: the folder stays, as after a kill
    }
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    CHECK_THROWS_WITH(output_dir(top / "out", false), Contains("process " + std::to_string(child) + " is writing"));
    REQUIRE(::write(done[1], &byte, 1) == 1);
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    REQUIRE(fs::exists(top / "out.partial"));
    output_dir dir(top / "out", false);
    dir.commit();
    CHECK(listing(top.path()) == "out");
}

TEST_CASE("a stale partial folder is removed, whatever is in it") {
    test::temp_dir top;
    const std::string self = std::to_string(::getpid());
    for (const std::string& owner :
         {std::to_string(dead_process()), std::string("junk"), std::string(""), std::string("-1"),
          std::string("99999999999999999999"), self + " 1"}) {  // the last: number given again
        INFO(owner);
        test::write_bytes(top / "out.partial/owner.pid", owner);
        test::write_bytes(top / "out.partial/sub/left.npy", "x");
        const output_dir dir(top / "out", false);
        CHECK(listing(dir.partial()) == "owner.pid");
    }
    fs::create_directories(top / "out.partial");
    test::write_bytes(top / "out.partial/left.npy", "x");  // no owner at all
    const output_dir dir(top / "out", false);
    CHECK(listing(dir.partial()) == "owner.pid");
}
