// An item on its way over CYCLES registers: latencies of a link beyond the register that its receiver has. Only the
// valid bits are reset.
module delay_line #(
    parameter integer WIDTH = 1,
    parameter integer CYCLES = 0
) (
    input  wire             clk,
    input  wire             reset,
    input  wire             in_valid,
    input  wire [WIDTH-1:0] in_data,
    output wire             out_valid,
    output wire [WIDTH-1:0] out_data
);
    generate
        if (CYCLES == 0) begin : g_none
            assign out_valid = in_valid;
            assign out_data = in_data;
            wire unused = &{1'b0, clk, reset};
        end else begin : g_registers
            reg [CYCLES-1:0]       valid;
            reg [CYCLES*WIDTH-1:0] data;
            wire [CYCLES:0]           next_valid = {valid, in_valid};
            wire [(CYCLES+1)*WIDTH-1:0] next_data = {data, in_data};
            always_ff @(posedge clk) begin
                valid <= reset ? {CYCLES{1'b0}} : next_valid[CYCLES-1:0];
                data <= next_data[CYCLES*WIDTH-1:0];
            end
            assign out_valid = next_valid[CYCLES];
            assign out_data = next_data[CYCLES*WIDTH+:WIDTH];
        end
    endgenerate
endmodule
