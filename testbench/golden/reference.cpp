#include "testbench/golden/reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "testbench/golden/attention.h"

namespace pade::golden {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

template <typename... Parts>
std::string sentence(const Parts&... parts) {
    std::ostringstream text;
    text.precision(9);
    (text << ... << parts);
    return text.str();
}

double relative_l2(double difference_squared, double norm_squared) {
    if (!std::isfinite(difference_squared))
        return infinite;
    if (norm_squared > 0)
        return std::sqrt(difference_squared / norm_squared);
    return difference_squared > 0 ? infinite : 0;
}

}  // namespace

void reference::frobenius::add(view<float> output, const std::vector<double>& exact) {
    for (std::size_t e = 0; e < exact.size(); ++e) {
        const double off = static_cast<double>(output[e]) - exact[e];
        difference += off * off;
        norm += exact[e] * exact[e];
    }
}

double reference::frobenius::relative() const {
    return relative_l2(difference, norm);
}

reference::reference(const trace_set& set, const golden_options& options) : set_(set), options_(options) {
    if (options.key_bits < 4 || options.key_bits > 8)
        throw std::invalid_argument("golden: key_bits must be 4 to 8");
    if (!(options.alpha >= 0) || !(options.radius >= 0))
        throw std::invalid_argument("golden: alpha and radius must not be negative");
    for (const trace_kv_head& kv : set.kv_heads) {
        kv_.emplace_back();
        kv_.back().values.assign(kv.v.begin(), kv.v.end());
        for (auto row = kv.v.begin(); row != kv.v.end(); row += set.head_dim)
            kv_.back().norms.push_back(std::sqrt(std::inner_product(row, row + set.head_dim, row, 0.0)));
        kv_.back().keys = widen_keys(kv.k, set.head_dim, options.key_bits);
        if (options.key_bits != 8)
            kv_.back().keys_int8 = widen(kv.k, set.head_dim);
    }
    for (const trace_head& head : set.heads) {
        heads_.emplace_back();
        heads_.back().queries = widen(head.q, set.head_dim);
        heads_.back().judged.resize(set.queries);
    }
    exact_output_.resize(set.head_dim);
}

std::vector<std::int32_t> reference::exact_scores(unsigned head, unsigned query) const {
    std::vector<std::int32_t> scores;
    integer_scores(heads_.at(head).queries.row(query), kv_[set_.heads[head].kv].keys, set_.visible_keys(query), scores);
    return scores;
}

query_report reference::check_query(unsigned head, unsigned query, view<retained_key> retained, view<float> output) {
    if (head >= heads_.size() || query >= set_.queries)
        throw std::logic_error(sentence("golden: head ", head, ", query ", query, " is not in the run"));
    head_state& state = heads_[head];
    if (state.judged[query])
        throw std::logic_error(sentence("golden: ", place(head, query), " came twice"));
    if (output.size() != set_.head_dim)
        throw std::logic_error(
            sentence("golden: ", place(head, query), " has an output of ", output.size(), " elements"));
    state.judged[query] = true;
    ++state.queries_judged;

    const trace_head& trace = set_.heads[head];
    const double c = logit_scale(trace, set_.softmax_scale, options_.key_bits);
    integer_scores(state.queries.row(query), kv_[trace.kv].keys, set_.visible_keys(query), scores_);

    query_report report;
    report.soundness = check_retained(head, query, retained, scores_, c);
    report.retained = static_cast<std::uint32_t>(retained.size());
    report.pruned = static_cast<std::uint32_t>(scores_.size() - kept_.size());

    // The pruned mass is added up by itself: 1 minus the retained mass would keep no digit of a small one.
    const double total = softmax_weights(scores_, c, weights_);
    double kept_mass = 0;
    double pruned_mass = 0;
    for (std::size_t j = 0; j < weights_.size(); ++j)
        (is_kept_[j] ? kept_mass : pruned_mass) += weights_[j];
    report.lost_mass = total > 0 ? pruned_mass / total : 0;
    const double pruned_weight = report.pruned * std::exp(-options_.alpha * options_.radius);
    report.certified_bound = pruned_weight / (1 + pruned_weight);
    if (!report.soundness && report.lost_mass > report.certified_bound * (1 + 1e-9))
        report.soundness = failure{
            head, query, std::nullopt, std::nullopt,
            sentence(place(head, query), ": the softmax mass lost is ", report.lost_mass,
                     ", above the certified bound ", report.certified_bound, " for ", report.pruned, " pruned keys")};

    weighted_sum(weights_, &kept_, kv_[trace.kv].values.data(), kept_mass, trace.scale_v, exact_output_);
    frobenius own;
    own.add(output, exact_output_);
    report.rel_l2_vs_own_retained = kept_.empty() ? infinite : own.relative();
    report.output = check_output(head, query, output, report.rel_l2_vs_own_retained);
    const double distance = std::sqrt(own.difference);
    if (report.output && !kept_.empty() &&
        distance <= resolution(kv_[trace.kv], kept_mass, trace.scale_v, std::sqrt(own.norm))) {
        report.output.reset();
        report.output_below_resolution = true;
        ++state.below_resolution;
    }

    state.worst_own = std::max(state.worst_own, report.rel_l2_vs_own_retained);
    state.lost_sum += report.lost_mass;
    state.lost_max = std::max(state.lost_max, report.lost_mass);
    state.bound_max = std::max(state.bound_max, report.certified_bound);
    judge_dense(head, query, output, c);
    note(soundness_failure_, soundness_failures_, report.soundness);
    note(output_failure_, output_failures_, report.output);
    return report;
}

std::optional<failure> reference::check_retained(unsigned head, unsigned query, view<retained_key> retained,
                                                 const std::vector<std::int32_t>& scores, double c) {
    const auto failed = [&](std::uint32_t key, const std::string& what) {
        return failure{head, query, key, std::nullopt, sentence(place(head, query), ", key ", key, ": ", what)};
    };
    // Keys that are said to be retained come first: what is wrong there names the key whose bits are wrong, while one
    // wrong score that raises the threshold makes any number of other keys miss.
    std::optional<failure> first;
    kept_.clear();
    is_kept_.assign(scores.size(), false);
    for (std::size_t i = 0; i < retained.size(); ++i) {
        const auto [key, score] = retained[i];
        std::optional<failure> found;
        if (key >= scores.size())
            found =
                failed(key, key >= set_.keys
                                ? sentence("retained, but the sequence has only keys 0 to ", set_.keys - 1)
                                : sentence("retained although masked: the query sees keys 0 to ", scores.size() - 1));
        else if (is_kept_[key])
            found = failed(key, "retained twice");
        else if (scores[key] != score)
            found = failed(key, sentence("retained with score ", score, "; its exact score is ", scores[key]));
        else if (i > 0 && key < retained[i - 1].key)
            found = failed(key, sentence("listed after key ", retained[i - 1].key, "; keys must ascend"));
        if (key < scores.size() && !is_kept_[key]) {
            is_kept_[key] = true;
            kept_.push_back(key);
        }
        if (found && !first)
            first = found;
    }
    if (first || scores.empty())
        return first;

    const auto best = std::max_element(scores.begin(), scores.end());
    const std::int64_t offset = guard_offset(options_.alpha, options_.radius, c);
    const std::int64_t line = std::int64_t{*best} - offset;
    for (std::uint32_t key = 0; key < scores.size(); ++key) {
        if (is_kept_[key])
            continue;
        if (!options_.guard_enabled)
            return failed(key, sentence("not retained although the guard is off; its exact score is ", scores[key]));
        if (scores[key] >= line)
            return failed(key, sentence("pruned although its exact score ", scores[key], " is not below ", line,
                                        " (the largest score ", *best, ", of key ", best - scores.begin(),
                                        ", minus the offset ", offset, ")"));
    }
    return std::nullopt;
}

/// L2 by which the units of p may move the output of the query at hand: a weight below a unit may vanish, any other is
/// off by two units at most (exp, and the rescaling of o).
double reference::resolution(const kv_state& kv, double kept_mass, double scale_v, double norm) const {
    if (!(kept_mass > 0))
        return 0;
    const double units = std::ldexp(2.0, -static_cast<int>(options_.p_bits));
    double moved = 0;
    double mass = 0;
    for (const std::uint32_t key : kept_) {
        const double off = std::min(weights_[key], units);
        moved += off * kv.norms[key];
        mass += off;
    }
    return (scale_v * moved + norm * mass) / kept_mass;
}

std::optional<failure> reference::check_output(unsigned head, unsigned query, view<float> output,
                                               double relative) const {
    if (!output_tolerance_applies() && std::isfinite(relative))
        return std::nullopt;
    if (relative <= output_tolerance)
        return std::nullopt;
    unsigned worst = 0;
    double largest = -1;
    for (unsigned e = 0; e < output.size(); ++e) {
        const double off = std::abs(static_cast<double>(output[e]) - exact_output_[e]);
        const double deviation = std::isnan(off) ? infinite : off;
        if (deviation > largest) {
            largest = deviation;
            worst = e;
        }
    }
    return failure{head, query, std::nullopt, worst,
                   sentence(place(head, query), ": the output differs from the softmax over its own retained keys by ",
                            relative, " relative L2; allowed is ",
                            output_tolerance_applies() ? sentence(output_tolerance) : "any finite output",
                            "; most in dimension ", worst, ": ", output[worst], " instead of ", exact_output_[worst])};
}

void reference::judge_dense(unsigned head, unsigned query, view<float> output, double c) {
    const trace_head& trace = set_.heads[head];
    const trace_kv_head& kv = set_.kv_heads[trace.kv];
    head_state& state = heads_[head];
    // Dense INT8 stays on keys of 8 bits.
    if (options_.key_bits != 8) {
        integer_scores(state.queries.row(query), kv_[trace.kv].keys_int8, set_.visible_keys(query), scores_);
        c = logit_scale(trace, set_.softmax_scale, 8);
    }
    double total = softmax_weights(scores_, c, weights_);
    weighted_sum(weights_, nullptr, kv_[trace.kv].values.data(), total, trace.scale_v, exact_output_);
    state.int8.add(output, exact_output_);
    if (!set_.has_real(head))
        return;
    std::vector<double> scores(set_.visible_keys(query));
    const float* q = trace.q_real.data() + std::size_t{query} * set_.head_dim;
    for (std::size_t j = 0; j < scores.size(); ++j)
        scores[j] = real_score(q, kv.k_real.data() + j * set_.head_dim, set_.head_dim);
    total = softmax_weights(scores, set_.softmax_scale, weights_);
    weighted_sum(weights_, nullptr, kv.v_real.data(), total, 1, exact_output_);
    state.fp32.add(output, exact_output_);
}

accuracy reference::head_accuracy(unsigned head) const {
    const head_state& state = heads_.at(head);
    accuracy result;
    result.queries = state.queries_judged;
    if (state.queries_judged == 0)
        return result;
    result.rel_l2_vs_own_retained = state.worst_own;
    result.rel_l2_vs_dense_int8 = state.int8.relative();
    if (set_.has_real(head))
        result.rel_l2_vs_fp32 = state.fp32.relative();
    result.lost_mass_mean = state.lost_sum / static_cast<double>(state.queries_judged);
    result.lost_mass_max = state.lost_max;
    result.certified_bound_max = state.bound_max;
    result.output_below_resolution = state.below_resolution;
    return result;
}

accuracy reference::overall() const {
    accuracy all;
    double int8 = 0;
    double fp32 = 0;
    double lost = 0;
    double heads = 0;
    bool every_fp32 = true;
    const auto raise = [](std::optional<double>& most, const std::optional<double>& value) {
        most = std::max(most.value_or(0), *value);
    };
    for (unsigned head = 0; head < heads_.size(); ++head) {
        const accuracy one = head_accuracy(head);
        if (one.queries == 0)
            continue;
        ++heads;
        all.queries += one.queries;
        all.output_below_resolution += one.output_below_resolution;
        raise(all.rel_l2_vs_own_retained, one.rel_l2_vs_own_retained);
        raise(all.lost_mass_max, one.lost_mass_max);
        raise(all.certified_bound_max, one.certified_bound_max);
        lost += heads_[head].lost_sum;
        int8 += *one.rel_l2_vs_dense_int8;
        every_fp32 = every_fp32 && one.rel_l2_vs_fp32.has_value();
        fp32 += one.rel_l2_vs_fp32.value_or(0);
    }
    if (all.queries == 0)
        return all;
    all.lost_mass_mean = lost / static_cast<double>(all.queries);
    all.rel_l2_vs_dense_int8 = int8 / heads;
    if (every_fp32)
        all.rel_l2_vs_fp32 = fp32 / heads;
    return all;
}

bool reference::complete() const {
    return std::all_of(heads_.begin(), heads_.end(),
                       [&](const head_state& state) { return state.queries_judged == set_.queries; });
}

bool reference::output_tolerance_applies() const {
    return options_.p_bits >= (options_.guard_enabled ? 20U : 24U);
}

std::optional<bool> reference::soundness_held() const {
    const bool any =
        std::any_of(heads_.begin(), heads_.end(), [](const head_state& s) { return s.queries_judged > 0; });
    return any ? std::optional<bool>(soundness_failures_ == 0) : std::nullopt;
}

std::optional<bool> reference::output_held() const {
    if (output_failures_ > 0)
        return false;
    return output_tolerance_applies() && soundness_held() ? std::optional<bool>(true) : std::nullopt;
}

std::string reference::place(unsigned head, unsigned query) const {
    std::string text = sentence("head ", head, " (", set_.heads[head].id, "), query ", query);
    if (set_.first_query != 0)
        text += sentence(" (", set_.first_query + query, " of the trace)");
    return text;
}

void reference::note(std::optional<failure>& first, std::uint64_t& count, const std::optional<failure>& found) {
    if (!found)
        return;
    ++count;
    if (!first || std::make_pair(found->head, found->query) < std::make_pair(first->head, first->query))
        first = found;
}

}  // namespace pade::golden
