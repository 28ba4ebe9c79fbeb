// Every way in which a trace set may be wrong, one at a time, in an otherwise valid set.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>

#include "model/errors.h"
#include "testbench/trace/set_builder.h"

using namespace pade;
using Catch::Matchers::Contains;
using test::set_builder;

namespace {

struct defect {
    const char* what;
    std::function<void(set_builder&)> spoil;  ///< changes the manifest or the files; the manifest is written after it
    const char* message;
};

std::string error_of(const std::filesystem::path& folder) {
    try {
        load_trace_set(folder);
    } catch (const input_error& error) {
        return error.what();
    }
    return "";
}

void check(const std::vector<defect>& defects) {
    for (const defect& d : defects) {
        INFO(d.what);
        set_builder set;
        d.spoil(set);
        set.write_manifest();
        const std::string error = error_of(set.folder());
        CHECK_THAT(error, Contains(d.message));
        CHECK_THAT(error, Contains(set.folder().string()));
    }
}

/// Replaces a top-level value.
defect top(const char* what, const char* key, nlohmann::json value, const char* message) {
    return {what, [=](set_builder& set) { set.manifest[key] = value; }, message};
}

defect without(const char* key, const char* message) {
    return {key, [=](set_builder& set) { set.manifest.erase(key); }, message};
}

/// Replaces a value of one head.
defect of_head(const char* what, const char* key, nlohmann::json value, const char* message) {
    return {what, [=](set_builder& set) { set.head(1)[key] = value; }, message};
}

}  // namespace

TEST_CASE("wrong top-level values of a manifest are named") {
    check({
        top("other format", "format", "qkv", "format: is \"qkv\"; allowed: \"qkv-trace\""),
        top("format of another type", "format", 1, "format: is 1; allowed: a string"),
        top("later version", "format_version", 2, "format_version: is 2; allowed: 1"),
        top("version as text", "format_version", "1", "format_version: is \"1\""),
        top("version as fraction", "format_version", 1.0, "format_version: is 1.0"),
        top("version as boolean", "format_version", true, "format_version: is true"),
        top("name as number", "name", 3, "name: is 3; allowed: a string"),
        top("phase", "phase", "training", "phase: is \"training\"; allowed: \"prefill\" or \"decode\""),
        top("causal as number", "causal", 1, "causal: is 1; allowed: true or false"),
        top("causal_offset as text", "causal_offset", "2", "causal_offset: is \"2\""),
        top("causal_offset too large", "causal_offset", 1LL << 31, "causal_offset: is 2147483648"),
        top("no query", "queries", 0, "queries: is 0; allowed: integers from 1"),
        top("negative queries", "queries", -3, "queries: is -3"),
        top("queries as fraction", "queries", 3.5, "queries: is 3.5"),
        top("other queries than the files", "queries", 4, "shape is [3, 4]; allowed: [4, 4]"),
        top("no key", "keys", 0, "keys: is 0"),
        top("keys beyond 20 bits", "keys", (1 << 20) + 1, "keys: is 1048577; allowed: integers from 1 to 1048576"),
        top("keys beyond 64 bits", "keys", 1e30, "keys: is 1e+30"),
        top("keys beyond signed 64 bits", "keys", 18446744073709551615ULL, "keys: is 18446744073709551615"),
        top("other keys than the files", "keys", 6, "shape is [5, 4]; allowed: [6, 4]"),
        top("head_dim", "head_dim", 257, "head_dim: is 257; allowed: integers from 1 to 256"),
        top("other head_dim than the files", "head_dim", 8, "allowed: [3, 8]"),
        top("heads", "heads", 3, "heads: is 3; allowed: what head_list has, 4 entries"),
        top("kv_heads", "kv_heads", 4, "kv_heads: is 4; allowed: what head_list has, 2 distinct"),
        top("softmax_scale of 0", "softmax_scale", 0, "softmax_scale: is 0; allowed: finite numbers above 0"),
        top("softmax_scale as text", "softmax_scale", "1/8", "softmax_scale: is"),
        top("other softmax_scale", "softmax_scale", 0.126, "logit_scale"),
        top("empty head_list", "head_list", nlohmann::json::array(), "head_list: has 0 heads"),
        top("head_list as object", "head_list", nlohmann::json::object(), "head_list: is {}; allowed: a list"),
        top("a head as number", "head_list", {1}, "head_list[0]: is 1; allowed: an object"),
        without("format", "key 'format' is missing"),
        without("format_version", "key 'format_version' is missing"),
        without("phase", "key 'phase' is missing"),
        without("causal", "key 'causal' is missing"),
        without("causal_offset", "key 'causal_offset' is missing"),
        without("queries", "key 'queries' is missing"),
        without("keys", "key 'keys' is missing"),
        without("heads", "key 'heads' is missing"),
        without("kv_heads", "key 'kv_heads' is missing"),
        without("head_dim", "key 'head_dim' is missing"),
        without("softmax_scale", "key 'softmax_scale' is missing"),
        without("head_list", "key 'head_list' is missing"),
    });
}

TEST_CASE("wrong values of a head are named with their place") {
    const auto scale = [](const char* what, unsigned head, const char* name, double value, const char* message) {
        return defect{what, [=](set_builder& set) { set.head(head)["scales"][name] = value; }, message};
    };
    check({
        of_head("negative layer", "layer", -1, "head_list[1].layer: is -1"),
        of_head("head as text", "head", "1", "head_list[1].head: is \"1\""),
        of_head("id as number", "id", 1, "head_list[1].id: is 1"),
        of_head("same head twice", "head", 0, "head_list[1]: layer 0, head 0 is already in the list"),
        of_head("unequal groups", "kv_head", 1, "head_list[2]"),
        {"groups of 3 and 1",
         [](set_builder& set) {
             set.head(2)["kv_head"] = 0;
             set.head(2)["files"]["k_i8"] = set.file(0, "k_i8");
             set.head(2)["files"]["v_i8"] = set.file(0, "v_i8");
             set.head(2)["files"]["k"] = set.file(0, "k");
             set.head(2)["files"]["v"] = set.file(0, "v");
         },
         "allowed: groups of equal size"},
        of_head("kv_head as boolean", "kv_head", false, "head_list[1].kv_head: is false"),
        of_head("no scales", "scales", nullptr, "head_list[1].scales: is null"),
        {"a missing scale", [](set_builder& set) { set.head(1)["scales"].erase("v"); }, "key 'v' is missing"},
        scale("scale of 0", 1, "q", 0, "head_list[1].scales.q: is 0.0; allowed: finite numbers above 0"),
        scale("negative scale", 1, "v", -1, "head_list[1].scales.v: is -1.0"),
        scale("other K scale in a group", 1, "k", 0.03 * (1 + 1e-12), "head_list[1].scales.k"),
        scale("other V scale in a group", 3, "v", 0.02, "allowed: 0.01, which head 2 of the same KV head has"),
        scale("scales too small", 0, "q", 1e-323, "allowed: finite numbers above 0"),
        scale("scales too large", 0, "q", 1e308, "logit_scale"),
        of_head("logit_scale off by 1.1e-6", "logit_scale", 0.02 * 0.03 * 0.125 * (1 + 1.1e-6), "within 1e-6 relative"),
        of_head("logit_scale of the other sign", "logit_scale", -0.02 * 0.03 * 0.125, "logit_scale: is -"),
        of_head("files as list", "files", nlohmann::json::array(), "head_list[1].files: is []; allowed: an object"),
        {"no logit_scale", [](set_builder& set) { set.head(1).erase("logit_scale"); }, "key 'logit_scale' is missing"},
        {"no q", [](set_builder& set) { set.head(1)["files"].erase("q_i8"); }, "key 'q_i8' is missing"},
        {"no k", [](set_builder& set) { set.head(1)["files"].erase("k_i8"); }, "key 'k_i8' is missing"},
        {"no v", [](set_builder& set) { set.head(2)["files"].erase("v_i8"); }, "key 'v_i8' is missing"},
        {"other K file in a group", [](set_builder& set) { set.file(1, "k_i8")["path"] = "l0kv1/k_i8.npy"; },
         "head_list[1].files.k_i8.path: is \"l0kv1/k_i8.npy\"; allowed: the file that head 0 of the same KV head has"},
        {"V file of K", [](set_builder& set) { set.file(1, "v_i8")["path"] = "l0kv0/k_i8.npy"; },
         "allowed: the file that head"},
        {"float K in the second head only",
         [](set_builder& set) { set.head(0)["files"].erase("k"), set.file(1, "k")["path"] = "l0kv1/k.npy"; },
         "of the same KV head has, none"},
    });
}

TEST_CASE("wrong files of a set are named") {
    const test::temp_dir outside;
    const auto path = [](const char* what, nlohmann::json value, const char* message) {
        return defect{what, [=](set_builder& set) { set.file(0, "q_i8")["path"] = value; }, message};
    };
    const auto entry = [](const char* what, unsigned head, const char* key, nlohmann::json value, const char* message) {
        return defect{what, [=](set_builder& set) { set.file(head, "k_i8")[key] = value; }, message};
    };
    check({
        path("absent file", "l0h0/none.npy", "head_list[0].files.q_i8.path: is \"l0h0/none.npy\": No such file"),
        path("empty path", "", "allowed: a path relative to the set"),
        path("path as number", 3, "path: is 3; allowed: a string"),
        path("absolute path", "/etc/passwd", "allowed: a path relative to the set"),
        path("path with a zero byte", std::string("l0h0\0x", 6), "allowed: a path relative to the set"),
        path("folder", "l0h0", "not a regular file"),
        path("the set itself", ".", "not a regular file"),
        path("another head's shape", "l0kv0/k_i8.npy", "shape is [5, 4]; allowed: [3, 4]"),
        path("another type", "l0h0/q.npy", "descr is '<f4'; allowed: '|i1'"),
        {"path upwards",
         [&](set_builder& set) {
             std::filesystem::copy(set.folder() / "l0h0/q_i8.npy", outside / "q_i8.npy");
             set.file(0, "q_i8")["path"] = "../" + outside.path().filename().string() + "/q_i8.npy";
         },
         "allowed: a file inside the set"},
        {"link out of the set",
         [](set_builder& set) {
             std::filesystem::create_symlink("/etc/passwd", set.folder() / "l0h0/link.npy");
             set.file(0, "q_i8")["path"] = "l0h0/link.npy";
         },
         "which leads to /etc/passwd; allowed: a file inside the set"},
        {"linked folder out of the set",
         [](set_builder& set) {
             std::filesystem::create_directory_symlink("/etc", set.folder() / "etc");
             set.file(0, "q_i8")["path"] = "etc/passwd";
         },
         "allowed: a file inside the set"},
        {"link that leads nowhere",
         [](set_builder& set) {
             std::filesystem::create_symlink("loop.npy", set.folder() / "loop.npy");
             set.file(0, "q_i8")["path"] = "loop.npy";
         },
         "path: is \"loop.npy\""},
        {"FIFO",
         [](set_builder& set) {
             REQUIRE(::mkfifo((set.folder() / "fifo").c_str(), 0600) == 0);
             set.file(0, "q_i8")["path"] = "fifo";
         },
         "not a regular file"},
        {"file entry as text", [](set_builder& set) { set.head(0)["files"]["q_i8"] = "l0h0/q_i8.npy"; },
         "files.q_i8: is \"l0h0/q_i8.npy\"; allowed: an object"},
        {"entry without path", [](set_builder& set) { set.file(0, "q_i8").erase("path"); }, "key 'path' is missing"},
        entry("bytes", 0, "bytes", 149, "head_list[0].files.k_i8.bytes: is 149; allowed: what the file has, 148"),
        entry("bytes as text", 0, "bytes", "148", "bytes: is \"148\""),
        entry("bytes of a shared file", 1, "bytes", 1, "head_list[1].files.k_i8.bytes: is 1"),
        entry("sha256", 0, "sha256", std::string(64, '0'), "allowed: the file's SHA-256"),
        entry("sha256 of a shared file", 1, "sha256", "", "head_list[1].files.k_i8.sha256: is \"\""),
        entry("sha256 as null", 0, "sha256", nullptr, "sha256: is null; allowed: a string"),
        entry("dtype", 0, "dtype", "float32", "dtype: is \"float32\"; allowed: \"int8\""),
        entry("shape", 0, "shape", {5, 8}, "shape: is [5,8]; allowed: the set's sizes, [5, 4]"),
        entry("shape of a shared file", 1, "shape", {4, 4}, "head_list[1].files.k_i8.shape: is [4,4]"),
        entry("shape of one number", 0, "shape", {20}, "sizes, [5, 4]"),
        {"one flipped bit",
         [](set_builder& set) {
             std::string bytes = test::read_bytes(set.folder() / "l0kv1/v_i8.npy");
             bytes.back() = static_cast<char>(bytes.back() ^ 1);
             test::write_bytes(set.folder() / "l0kv1/v_i8.npy", bytes);
         },
         "head_list[2].files.v_i8.sha256"},
        {"data cut", [](set_builder& set) { std::filesystem::resize_file(set.folder() / "l0kv0/v_i8.npy", 147); },
         "ends at byte 147"},
        {"infinity in float data",
         [](set_builder& set) {
             std::vector<float> values(12, 1.0F);
             values[7] = INFINITY;
             test::write_bytes(set.folder() / "l0h3/q.npy", test::npy_matrix(values, 3, 4));
             set.file(3, "q").erase("sha256");
         },
         "element [1, 3] is inf"},
    });
}

TEST_CASE("manifests that are no JSON, or no files, are named") {
    set_builder set;
    set.write_manifest();
    const std::string valid = test::read_bytes(set.folder() / "manifest.json");
    REQUIRE(error_of(set.folder()).empty());
    const auto with = [&](const std::string& text) {
        set.write_text(text);
        return error_of(set.folder());
    };
    const auto twice = [&](const std::string& key, const std::string& copy) {
        std::string text = valid;
        return with(text.insert(text.find("\"" + key + "\""), copy));
    };
    CHECK_THAT(with(""), Contains("is not JSON"));
    CHECK_THAT(with("{"), Contains("is not JSON"));
    CHECK_THAT(with(valid + "}"), Contains("is not JSON"));
    CHECK_THAT(with("[]"), Contains("top level: is []; allowed: an object"));
    CHECK_THAT(with("{\"format\": NaN}"), Contains("is not JSON"));
    CHECK_THAT(with("{\"format\": 1e999}"), Contains("is not JSON"));
    CHECK_THAT(with("{\"format\": \"\xff\"}"), Contains("is not JSON"));
    CHECK_THAT(with(std::string(100000, '[')), Contains("nested deeper"));
    CHECK_THAT(twice("queries", "\"queries\": 3, "), Contains("key \"queries\" is given twice"));
    CHECK_THAT(twice("sha256", "\"sha256\": \"\", "), Contains("key \"sha256\" is given twice"));
    std::filesystem::remove(set.folder() / "manifest.json");
    CHECK_THAT(error_of(set.folder()), Contains("no such file"));
    std::filesystem::create_directory(set.folder() / "manifest.json");
    CHECK_THAT(error_of(set.folder()), Contains("is a folder"));
    std::filesystem::remove(set.folder() / "manifest.json");
    const test::temp_dir outside;
    test::write_bytes(outside / "manifest.json", valid);
    std::filesystem::create_symlink(outside / "manifest.json", set.folder() / "manifest.json");
    CHECK_THAT(error_of(set.folder()), Contains("is a link to " + (outside / "manifest.json").string()));
    CHECK_THAT(error_of(set.folder() / "absent"), Contains("no such file"));
}
