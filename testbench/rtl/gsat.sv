// GSAT, the lane's datapath: the sum of the query's elements whose bit is set in one word (64 dims) of a bit plane
// (model/qkpu/gsat.h, model/numeric/group_selection.h).
//
// 64 dims in 8 groups of 8. Of each group the minority symbol is accumulated (4 against 4: the ones): never more than
// 4 elements, so 4 selectors do. Selector i sees elements i to i+4; each active element goes, in order, to the first
// free selector that sees it. Where the zeros are accumulated, their sum is taken off the sum of the whole group.
//
//   stage 1  selection     which selector passes what on; the selected elements are registered
//   stage 2  group sums    four elements, and the complement
//   stage 3  adder tree    over the groups, without a register of its own: `sum` is valid two edges after `valid`
//
// BIDIRECTIONAL = 0: only ones are accumulated, four of a group in a pass. `second` tells that a group has more; the
// word then passes again with `again` set, and its second half is selected.
module gsat #(
    parameter integer BIDIRECTIONAL = 1
) (
    input  wire               clk,
    input  wire               reset,
    // stage 1
    input  wire               valid,
    input  wire               again,
    input  wire        [63:0] bits,
    input  wire       [511:0] q,           // element e in bits 8e+7..8e, signed
    output wire               second,
    // stage 2: sums of the groups of the same query, 11 bits each, signed
    input  wire        [87:0] group_sums,
    // stage 3
    output wire               sum_valid,
    output wire signed [13:0] sum
);
    // {valid, which of its five inputs} for each selector of one group, selector 0 lowest; active[p]: element p is to
    // be passed on. Elements beyond the fourth stay out.
    function automatic [15:0] wire_group(input [7:0] active);
        integer p;
        integer free;
        integer at;
        reg [2:0] choice;
        begin
            wire_group = 16'd0;
            free = 0;
            for (p = 0; p < 8; p = p + 1) begin
                at = (p - 4 > free) ? p - 4 : free;
                choice = p[2:0] - at[2:0];
                if (active[p] && at < 4) begin
                    wire_group[4*at+:4] = {1'b1, choice};
                    free = at + 1;
                end
            end
        end
    endfunction

    function automatic [3:0] ones(input [7:0] x);
        ones = {3'd0, x[0]} + {3'd0, x[1]} + {3'd0, x[2]} + {3'd0, x[3]} + {3'd0, x[4]} + {3'd0, x[5]} + {3'd0, x[6]} +
               {3'd0, x[7]};
    endfunction

    // The ones of x without its lowest four.
    function automatic [7:0] beyond_four(input [7:0] x);
        integer p;
        reg [2:0] seen;
        begin
            seen = 3'd0;
            beyond_four = 8'd0;
            for (p = 0; p < 8; p = p + 1) begin
                beyond_four[p] = x[p] && seen == 3'd4;
                if (x[p] && seen != 3'd4) seen = seen + 3'd1;
            end
        end
    endfunction

    function automatic signed [13:0] extended(input [11:0] x);
        extended = {{2{x[11]}}, x};
    endfunction

    reg valid_1, valid_2;
    always_ff @(posedge clk) begin
        valid_1 <= valid && !reset;
        valid_2 <= valid_1 && !reset;
    end
    assign sum_valid = valid_2;

    wire [7:0] more_than_four;
    wire [95:0] group_2;  // sums of the groups, 12 bits each
    assign second = (BIDIRECTIONAL == 0) && !again && (|more_than_four);

    genvar g, i;
    generate
        for (g = 0; g < 8; g = g + 1) begin : g_group
            // ---- stage 1: the symbol that is accumulated, and the selectors
            wire [7:0] b = bits[8*g+:8];
            wire [3:0] n = ones(b);
            assign more_than_four[g] = n > 4'd4;
            wire complement = (BIDIRECTIONAL != 0) && more_than_four[g];
            wire [7:0] active = complement ? ~b : (BIDIRECTIONAL == 0 && again) ? beyond_four(b) : b;
            wire [15:0] wiring = wire_group(active);
            reg complement_1;
            always_ff @(posedge clk) complement_1 <= complement;
            wire [31:0] selected_1;

            for (i = 0; i < 4; i = i + 1) begin : g_selector
                wire [39:0] seen = q[64*g+8*i+:40];
                wire [3:0] choice = wiring[4*i+:4];
                reg [7:0] element_1;
                always_ff @(posedge clk)
                    case (choice)
                        4'd8: element_1 <= seen[7:0];
                        4'd9: element_1 <= seen[15:8];
                        4'd10: element_1 <= seen[23:16];
                        4'd11: element_1 <= seen[31:24];
                        4'd12: element_1 <= seen[39:32];
                        default: element_1 <= 8'd0;
                    endcase
                assign selected_1[8*i+:8] = element_1;
            end

            // ---- stage 2: the sum of the selected elements; where they are the zeros, the rest of the group's sum
            wire [11:0] selected_sum =
                ({{4{selected_1[7]}}, selected_1[7:0]} + {{4{selected_1[15]}}, selected_1[15:8]}) +
                ({{4{selected_1[23]}}, selected_1[23:16]} + {{4{selected_1[31]}}, selected_1[31:24]});
            wire [11:0] whole = {group_sums[11*g+10], group_sums[11*g+:11]};
            reg [11:0] sum_2;
            always_ff @(posedge clk) sum_2 <= complement_1 ? whole - selected_sum : selected_sum;
            assign group_2[12*g+:12] = sum_2;
        end
    endgenerate

    // ---- stage 3: the tree
    assign sum = ((extended(group_2[11:0]) + extended(group_2[23:12])) +
                  (extended(group_2[35:24]) + extended(group_2[47:36]))) +
                 ((extended(group_2[59:48]) + extended(group_2[71:60])) +
                  (extended(group_2[83:72]) + extended(group_2[95:84])));

`ifndef SYNTHESIS
    // Four selectors suffice: only without BIDIRECTIONAL does a word pass twice, and never a third time.
    always @(posedge clk)
        if (!reset && valid)
            assert (!again || BIDIRECTIONAL == 0)
            else $fatal(1, "gsat: a word passes again though its minority symbol fits");
`endif
endmodule
