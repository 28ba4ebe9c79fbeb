// What a lane knows of one of the two blocks in flight: the row's query with the sums of its groups, its interval
// table, T, and the best lower bound that the row's guard filter knows of already (model/qkpu/pe_lane.h, `context`).
module lane_context #(
    parameter integer WORDS = 1,
    parameter integer ENTRIES = 9
) (
    input  wire                  clk,
    input  wire                  reset,
    // a new query: T is invalid until it comes
    input  wire                  load,
    input  wire           [31:0] load_block,
    input  wire           [23:0] load_offset,  // modulo 2^24: it is only added to T, which makes a score
    input  wire [24*ENTRIES-1:0] load_upper,
    input  wire [24*ENTRIES-1:0] load_lower,
    input  wire  [512*WORDS-1:0] load_q,
    // T rises
    input  wire                  t_comes,
    input  wire           [32:0] t_new,
    // this lane sends a bound
    input  wire                  bound_fire,
    input  wire           [23:0] bound_lower,
    output reg                   valid,
    output reg            [31:0] block,
    output reg   [512*WORDS-1:0] q,
    output reg    [88*WORDS-1:0] group_sums,   // 11 bits a group, signed
    output reg  [24*ENTRIES-1:0] upper,
    output reg  [24*ENTRIES-1:0] lower,
    output reg                   t_valid,
    output reg            [32:0] t,
    output reg                   sent_valid,
    output reg            [23:0] sent          // a lower bound up to here cannot raise T
);
    // ---- sums of the query's groups of 8 elements, made once, as it comes
    wire [88*WORDS-1:0] sums_of_query;
    genvar g;
    generate
        for (g = 0; g < 8 * WORDS; g = g + 1) begin : g_group
            wire [63:0] e = load_q[64*g+:64];
            assign sums_of_query[11*g+:11] =
                (({{3{e[7]}}, e[7:0]} + {{3{e[15]}}, e[15:8]}) + ({{3{e[23]}}, e[23:16]} + {{3{e[31]}}, e[31:24]})) +
                (({{3{e[39]}}, e[39:32]} + {{3{e[47]}}, e[47:40]}) + ({{3{e[55]}}, e[55:48]} + {{3{e[63]}}, e[63:56]}));
        end
    endgenerate

    // ---- T plus the offset is the best lower bound of the row; at the same edge the lane may send one of its own
    reg  [23:0] offset;
    wire [23:0] best = t_new[23:0] + offset;
    wire [23:0] own = bound_fire ? bound_lower : sent;
    wire        row_is_better = t_comes && (!(bound_fire || sent_valid) || $signed(best) > $signed(own));

    always_ff @(posedge clk) begin
        if (reset) begin
            valid <= 1'b0;
            t_valid <= 1'b0;
            sent_valid <= 1'b0;
        end else begin
            valid <= valid || load;
            t_valid <= !load && (t_valid || t_comes);
            sent_valid <= !load && (sent_valid || bound_fire || t_comes);
        end
        if (load) begin
            block <= load_block;
            offset <= load_offset;
            upper <= load_upper;
            lower <= load_lower;
            q <= load_q;
            group_sums <= sums_of_query;
        end
        if (t_comes) t <= t_new;
        sent <= row_is_better ? best : own;
    end

`ifndef SYNTHESIS
    always @(posedge clk)
        if (!reset && t_comes) begin
            assert (!load)
            else $fatal(1, "lane_context: T comes together with the query of another block");
            assert (!t_valid || $signed(t_new) > $signed(t))
            else $fatal(1, "lane_context: T falls from %0d to %0d within a block", $signed(t), $signed(t_new));
        end
`endif
endmodule
