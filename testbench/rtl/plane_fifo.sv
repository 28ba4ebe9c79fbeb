// The lane's input FIFO. What is written at an edge is at its head from the next cycle on; a place that is freed in a
// cycle can be written at the edge after the one that ends it.
module plane_fifo #(
    parameter integer WIDTH = 1,
    parameter integer PLACES = 4
) (
    input  wire             clk,
    input  wire             reset,
    input  wire             in_valid,
    output wire             in_ready,
    input  wire [WIDTH-1:0] in_data,
    output wire             head_valid,
    output wire [WIDTH-1:0] head_data,
    input  wire             pop
);
    localparam integer BITS = (PLACES > 1) ? $clog2(PLACES) : 1;
    localparam [BITS-1:0] LAST = BITS'(PLACES - 1);

    reg [WIDTH-1:0] places[0:PLACES-1];
    reg  [BITS-1:0] first, next;
    reg       [6:0] count;
    wire            push = in_valid && in_ready;

    always_ff @(posedge clk) begin
        if (reset) begin
            first <= BITS'(0);
            next <= BITS'(0);
            count <= 7'd0;
        end else begin
            if (pop) first <= first == LAST ? BITS'(0) : first + BITS'(1);
            if (push) next <= next == LAST ? BITS'(0) : next + BITS'(1);
            count <= count + {6'd0, push} - {6'd0, pop};
        end
        if (push) places[next] <= in_data;
    end
    assign in_ready = count != PLACES[6:0];
    assign head_valid = count != 7'd0;
    assign head_data = places[first];

`ifndef SYNTHESIS
    always @(posedge clk)
        if (!reset)
            assert (!pop || head_valid)
            else $fatal(1, "plane_fifo: a plane is taken out of an empty FIFO");
`endif
endmodule
