// The largest of COUNT signed numbers, of those that are there, by a tree.
module maximum_tree #(
    parameter integer COUNT = 16,
    parameter integer WIDTH = 24
) (
    input  wire       [COUNT-1:0] there,
    input  wire [WIDTH*COUNT-1:0] value,
    output wire                   any,
    output wire       [WIDTH-1:0] largest
);
    // As a heap: node n is the larger of nodes 2n and 2n + 1, and the inputs are its leaves. Node 0 is none.
    localparam integer LEAVES = 1 << $clog2(COUNT);

    reg       [2*LEAVES-1:0] known;
    reg [2*LEAVES*WIDTH-1:0] node;
    reg          [WIDTH-1:0] left, right;
    integer n;
    always_comb begin
        known = '0;
        node = '0;
        left = '0;
        right = '0;
        for (n = 0; n < COUNT; n = n + 1) begin
            known[LEAVES+n] = there[n];
            node[WIDTH*(LEAVES+n)+:WIDTH] = value[WIDTH*n+:WIDTH];
        end
        for (n = LEAVES - 1; n > 0; n = n - 1) begin
            left = node[WIDTH*2*n+:WIDTH];
            right = node[WIDTH*(2*n+1)+:WIDTH];
            known[n] = known[2*n] || known[2*n+1];
            node[WIDTH*n+:WIDTH] =
                (known[2*n+1] && (!known[2*n] || $signed(right) > $signed(left))) ? right : left;
        end
    end
    assign any = known[1];
    assign largest = node[WIDTH+:WIDTH];
endmodule
