// Threshold unit: T of the row's query in one of the two blocks in flight, the largest lower bound seen less the offset
// (model/qkpu/threshold_unit.h). Invalid from a query's arrival to the first bound; never falls in between.
module threshold_unit (
    input  wire        clk,
    input  wire        reset,
    input  wire        load,         // a new query, used in this cycle already
    input  wire [31:0] load_offset,  // 0 to 2^31 - 1
    input  wire        bound_valid,
    input  wire [23:0] bound,        // the largest lower bound of this cycle, signed
    output wire        rises,        // T rises in this cycle, to t_new
    output wire [32:0] t_new,
    output reg         t_valid,
    output reg  [32:0] t
);
    reg  [31:0] offset;
    wire [31:0] offset_now = load ? load_offset : offset;
    wire        valid_now = t_valid && !load;

    assign t_new = {{9{bound[23]}}, bound} - {1'b0, offset_now};
    assign rises = bound_valid && (!valid_now || $signed(t_new) > $signed(t));

    always_ff @(posedge clk) begin
        t_valid <= !reset && (valid_now || rises);
        if (load) offset <= load_offset;
        if (rises) t <= t_new;
    end

`ifndef SYNTHESIS
    always @(posedge clk)
        if (!reset) begin
            assert (!load || !load_offset[31])
            else $fatal(1, "threshold_unit: offset %0d is above 2^31 - 1", load_offset);
            assert (!(rises && valid_now) || $signed(t_new) > $signed(t))
            else $fatal(1, "threshold_unit: T falls from %0d to %0d", $signed(t), $signed(t_new));
        end
`endif
endmodule
